import { connect, type Socket } from 'node:net'
import { statusOf } from './requests.ts'

/** What came of a request; status 0: the connection broke. */
export interface Reply { status: number, ms: number, code?: string }

export interface RawClient {
  /** Sends a JSON body at once, on an idle connection or a new one. */
  post (path: string, body: string): Promise<Reply>
  close (): void
}

/**
 * An HTTP client for floods: it costs a tenth of fetch, so that a machine shared with the gateway is not busy with the
 * client.
 */
export function openRawClient (base: string): RawClient {
  const { hostname, port, host } = new URL(base)
  const idle: Socket[] = []
  const all = new Set<Socket>()
  const busy = new Map<Socket, (reply: { status: number, code?: string }) => void>()

  function open (): Socket {
    const socket = connect(Number(port), hostname).setNoDelay(true)
    all.add(socket)
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\r\n\r\n')
      if (end < 0) return
      const [, length] = /\r\ncontent-length: (\d+)/i.exec(text) ?? []
      if (text.length < end + 4 + Number(length)) return
      const answer = busy.get(socket)
      busy.delete(socket)
      const isLast = /\r\nconnection: close/i.test(text)
      const reply = statusOf(text)
      text = ''
      if (!isLast) idle.push(socket)
      answer?.(reply)
    })
    socket.on('error', () => {})
    socket.on('close', () => {
      all.delete(socket)
      const at = idle.indexOf(socket)
      if (at >= 0) idle.splice(at, 1)
      busy.get(socket)?.({ status: 0 })
      busy.delete(socket)
    })
    return socket
  }

  return {
    post: (path, body) => new Promise((resolve) => {
      const since = performance.now()
      const socket = idle.pop() ?? open()
      busy.set(socket, (reply) => resolve({ ...reply, ms: performance.now() - since }))
      socket.write(`POST ${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
    }),
    close: () => { for (const socket of all) socket.destroy() }
  }
}
