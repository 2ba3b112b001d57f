import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerSession } from 'smtp-server'
import type { Test } from 'tap'

/** A mail that was accepted: the envelope's recipient, the headers by lower-case name, and the source as it came. */
export interface ReceivedMail { to: string, headers: Record<string, string>, source: string }

/**
 * What the server does with a mail: takes it, refuses it with a status (and a message), says nothing, hangs up, or
 * takes it and hangs up before it says so.
 */
export type Manner = 'accept' | 'stall' | 'drop' | 'drop after accepting' | { status: number, message?: string }

export interface TestMailServer {
  /** For SMTP_URL. */
  settings: { SMTP_URL: string, MAIL_FROM: string, APP_NAME: string, PUBLIC_URL: string }
  received: ReceivedMail[]
  /** How many mails were offered, whatever became of them. */
  offered: () => number
  behave (manner: Manner | ((to: string) => Manner)): void
  /** Takes no connections, until `open`. */
  close (): Promise<void>
  open (): Promise<void>
  /** Resolves once so many mails have been accepted; rejects after `seconds`. */
  arrived (count: number, seconds?: number): Promise<void>
}

/** A real SMTP server on loopback. */
export async function openMailServer (t: Pick<Test, 'teardown'>): Promise<TestMailServer> {
  const received: ReceivedMail[] = []
  let offered = 0
  let manner: (to: string) => Manner = () => 'accept'
  let server: SMTPServer
  let port = 0

  const open = async () => {
    server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS', 'AUTH'],
      logger: false,
      closeTimeout: 100,
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          offered++
          const to = (session.envelope.rcptTo[0] as { address: string }).address
          const does = manner(to)
          if (does === 'stall') return
          if (does === 'accept' || does === 'drop after accepting') {
            received.push(parse(to, Buffer.concat(chunks).toString()))
          }
          if (does === 'drop' || does === 'drop after accepting') return hangUp(server, session)
          if (typeof does === 'object') {
            return callback(Object.assign(new Error(does.message ?? `not now for <${to}>`), {
              responseCode: does.status
            }))
          }
          callback(null)
        })
      }
    })
    server.on('error', () => {})
    server.listen(port, '127.0.0.1')
    await once(server.server, 'listening')
    port = (server.server.address() as AddressInfo).port
  }
  const close = async () => {
    await new Promise<void>((resolve) => server.close(resolve))
  }
  await open()
  t.teardown(close)

  return {
    settings: {
      SMTP_URL: `smtp://127.0.0.1:${port}`,
      MAIL_FROM: 'shop@example.com',
      APP_NAME: 'Test & Shop',
      PUBLIC_URL: 'https://shop.example/api'
    },
    received,
    offered: () => offered,
    behave: (how) => { manner = typeof how === 'function' ? how : () => how },
    close,
    open,
    arrived: async (count, seconds = 100) => {
      const deadline = performance.now() + seconds * 1000
      while (received.length < count) {
        if (performance.now() > deadline) {
          throw new Error(`${received.length} of ${count} mails arrived in ${seconds} s`)
        }
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }
  }
}

/** Ends a session without a word. The types do not know the connections of a server. */
function hangUp (server: SMTPServer, session: SMTPServerSession): void {
  for (const connection of (server as unknown as {
    connections: Set<{ id: string, _socket: { destroy (): void } }>
  }).connections) {
    if (connection.id === session.id) connection._socket.destroy()
  }
}

function parse (to: string, source: string): ReceivedMail {
  const [head = ''] = source.split('\r\n\r\n', 1)
  const lines = head.replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  return {
    to,
    source,
    headers: Object.fromEntries(lines.map(
      (line) => [line.split(':', 1)[0]!.toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]
    ))
  }
}

/** The parts of a mail as text, transfer encoding undone. */
export function partsOf ({ source }: ReceivedMail): { text: string, html: string } {
  const boundary = /boundary="([^"]+)"/.exec(source)?.[1]
  const parts = source.split(`--${boundary}`).slice(1, -1).map((part) => {
    const [head = '', ...body] = part.split('\r\n\r\n')
    const text = body.join('\r\n\r\n')
    if (/quoted-printable/i.test(head)) {
      return Buffer.from(text.replace(/=\r\n/g, '')
        .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString()
    }
    return /base64/i.test(head) ? Buffer.from(text, 'base64').toString() : text
  })
  return { text: parts[0] ?? '', html: parts[1] ?? '' }
}
