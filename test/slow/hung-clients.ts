import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Clients that would hold up a server's end, by what they do. */
const HUNG: Record<string, string> = {
  'half a body':
    'POST /orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n{"user_id": ',
  'half a chunked body':
    'POST /orders HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"us',
  'a request line without end': 'GET /products?q=',
  'headers without end': 'GET /products HTTP/1.1\r\nhost: x\r\nx-a: ',
  'a second request without end': 'GET /livez HTTP/1.1\r\nhost: x\r\n\r\nGET /liv',
  // More than the kernel's buffers take: 100 times half a megabyte.
  'answers that nobody reads': 'GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(100),
  'kept alive, idle': 'GET /livez HTTP/1.1\r\nhost: x\r\n\r\n',
  'a connection without a word': ''
}

/** Connects one of each, and says so once they have sent what they send. `close` ends them. */
export async function hang (url: string): Promise<{ names: string[], close (): void }> {
  const { hostname, port } = new URL(url)
  const sockets: Socket[] = []
  for (const [name, text] of Object.entries(HUNG)) {
    const socket = connect(Number(port), hostname)
    sockets.push(socket)
    socket.on('error', () => {})
    await once(socket, 'connect')
    if (name === 'answers that nobody reads') socket.pause()
    else socket.resume()
    socket.write(text)
  }
  await sleep(300)
  return { names: Object.keys(HUNG), close: () => { for (const socket of sockets) socket.destroy() } }
}
