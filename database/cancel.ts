import { connect, type NetConnectOpts } from 'node:net'

/** The server's own name for a connection, and the number that allows to cancel what runs on it. */
export interface Backend { pid: number, secret: number }

/** Longer than that, nobody is there to cancel anything. */
const TIMEOUT_MS = 1000

const CANCEL_REQUEST = 80877102

/**
 * Asks the server to cancel what runs on a connection (PostgreSQL's protocol, CancelRequest). Resolves with whether it
 * has heard, which it shows by closing; until then the request may still strike whatever runs there next. The driver's
 * own way ends the process where the server cannot be reached: its promise is dropped.
 *
 * @param address where the connection went: the same server is asked
 */
export function cancelOn (address: NetConnectOpts, { pid, secret }: Backend): Promise<boolean> {
  const packet = Buffer.alloc(16)
  packet.writeInt32BE(16, 0)
  packet.writeInt32BE(CANCEL_REQUEST, 4)
  packet.writeUInt32BE(pid, 8)
  packet.writeUInt32BE(secret, 12)
  return new Promise((resolve) => {
    const socket = connect(address)
    const give = (heard: boolean) => {
      resolve(heard)
      socket.destroy()
    }
    // Sent, and nothing more: the response is the end of the connection.
    socket.on('connect', () => socket.write(packet))
    socket.on('end', () => give(true)).on('close', () => give(true)).on('error', () => give(false))
    socket.setTimeout(TIMEOUT_MS, () => give(false))
    socket.resume()
  })
}
