import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Statement } from './generator.ts'

/** A statement as it came by, and the settings of its connection. */
export interface Seen extends Statement { settings: Record<string, string> }

export interface Tap {
  /** The database, by way of here. */
  url: string
  /** What is sent while `work` runs. */
  listen (work: () => Promise<unknown>): Promise<Seen[]>
  close (): Promise<void>
}

/** The name of the gateway's connections; others of its process, such as the job queue's, are not of its requests. */
const OURS = /^(db-service|bench-minimal)$/

/**
 * Stands between a gateway and its database, and reads the statements that it prepares and runs (the extended protocol,
 * PostgreSQL's manual, "Message Formats"). So what is measured is what the gateway sends today, whatever it is called
 * and wherever it is kept.
 */
export async function tap (databaseUrl: string): Promise<Tap> {
  const target = new URL(databaseUrl)
  if (/ssl/i.test(target.search)) throw new Error('statements cannot be read on a connection that is encrypted')
  const seen: Seen[] = []
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect({ host: target.hostname, port: Number(target.port || 5432), noDelay: true })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => { client.destroy(); upstream.destroy() })
    }
    const read = reader((statement) => seen.push(statement))
    client.on('data', (chunk: Buffer) => { read(chunk) })
    client.pipe(upstream).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((server.address() as AddressInfo).port)
  return {
    url: url.href,
    listen: async (work) => {
      seen.length = 0
      await work()
      return [...seen]
    },
    close: async () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    }
  }
}

/** Reads what a client sends on one connection, message by message, and tells of each statement that is run. */
function reader (tell: (statement: Seen) => void) {
  let rest = Buffer.alloc(0)
  let settings: Record<string, string> | undefined
  const texts = new Map<string, string>()
  return (chunk: Buffer): void => {
    rest = Buffer.concat([rest, chunk])
    for (;;) {
      // The first message alone has no letter before its length.
      const start = settings === undefined ? 0 : 1
      if (rest.length < start + 4) return
      const end = start + rest.readInt32BE(start)
      if (rest.length < end) return
      const body = rest.subarray(start + 4, end)
      if (settings === undefined) settings = pairs(body.subarray(4))
      else if (rest[0] === 0x50) { // P, Parse: name, text
        const [name, text] = strings(body, 2) as [string, string]
        texts.set(name, text)
      // B, Bind: portal, name, formats, parameters
      } else if (rest[0] === 0x42 && OURS.test(settings.application_name ?? '')) {
        const [portal, name] = strings(body, 2) as [string, string]
        const parameters = parametersOf(body.subarray(Buffer.byteLength(portal) + Buffer.byteLength(name) + 2))
        tell({ text: texts.get(name) ?? '', parameters, settings })
      }
      rest = rest.subarray(end)
    }
  }
}

function strings (body: Buffer, count: number): string[] {
  return body.toString('utf8').split('\0', count)
}

function pairs (body: Buffer): Record<string, string> {
  const all = body.toString('utf8').split('\0').filter((text) => text !== '')
  const { user, database, client_encoding: encoding, ...settings } = Object.fromEntries(
    Array.from({ length: all.length >> 1 }, (_, n) => [all[2 * n]!, all[2 * n + 1]!]))
  return settings
}

function parametersOf (body: Buffer): (string | null)[] {
  let at = 2 + 2 * body.readInt16BE(0)
  const count = body.readInt16BE(at)
  at += 2
  return Array.from({ length: count }, () => {
    const length = body.readInt32BE(at)
    at += 4
    if (length < 0) return null
    at += length
    return body.toString('utf8', at - length, at)
  })
}
