import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { until } from './checks.ts'

export interface ReceivedWebhook { headers: IncomingHttpHeaders, body: any, text: string }

/** What a consumer responds with, or that it does not. */
export type Reply = { status: number, headers?: Record<string, string>, body?: string } | 'silence'

export interface Consumer {
  url: string
  /** All that was taken, repeats included. */
  received: ReceivedWebhook[]
  reply (reply: Reply | ((body: any) => Reply)): void
  /** How many requests were open at the same time, at most. */
  most (): number
  close (): Promise<void>
  open (): Promise<void>
  arrived (count: number): Promise<void>
}

/** A real HTTP server on loopback that webhooks go to. */
export async function openConsumer (t: Pick<Test, 'teardown'>): Promise<Consumer> {
  const received: ReceivedWebhook[] = []
  let manner: (body: any) => Reply = () => ({ status: 204 })
  let server: Server
  let [port, open, most] = [0, 0, 0]
  const listen = async () => {
    server = createServer(async (request, response) => {
      most = Math.max(most, ++open)
      response.on('close', () => open--)
      let text = ''
      for await (const chunk of request) text += chunk
      const webhook = { headers: request.headers, body: JSON.parse(text), text }
      received.push(webhook)
      const reply = manner(webhook.body)
      if (reply === 'silence') return
      response.writeHead(reply.status, reply.headers).end(reply.body)
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  const close = async () => {
    server.closeAllConnections()
    server.close()
  }
  await listen()
  t.teardown(close)
  return {
    url: `http://127.0.0.1:${port}/events`,
    received,
    reply: (reply) => { manner = typeof reply === 'function' ? reply : () => reply },
    most: () => most,
    close,
    open: listen,
    arrived: async (count) => await until(() => received.length >= count, `${count} webhooks arrived`)
  }
}
