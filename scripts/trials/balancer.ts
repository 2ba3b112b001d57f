import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** What came of a request through the balancer; status 0: the connection broke. */
export interface Passed { path: string, status: number, ms: number, text: string, fault?: string }

export interface Balancer {
  send (method: string, path: string, body?: object, headers?: Record<string, string>): Promise<Passed>
  /** Which gateways are ready, by the last look. */
  ready (): string[]
  close (): Promise<void>
}

/** How often /readyz is asked; a gateway that is about to end serves on for longer than that. */
const LOOK_MS = 100

/** What a load balancer does: it sends to gateways that say they are ready, on connections that are kept. */
export function openBalancer (addresses: string[]): Balancer {
  const agents = new Map(addresses.map((address) => [address, new Agent({ keepAlive: true })]))
  let ready: string[] = []
  let turn = 0
  const state = { isOver: false }

  const ask = (
    address: string, method: string, path: string, body?: object, headers: Record<string, string> = {}
  ): Promise<Passed> => new Promise((resolve) => {
    const since = performance.now()
    const end = (status: number, text: string, fault?: string) =>
      resolve({ path, status, ms: performance.now() - since, text, ...fault !== undefined && { fault } })
    const payload = body === undefined ? undefined : JSON.stringify(body)
    const sent = request(address + path, {
      method,
      agent: agents.get(address)!,
      timeout: 20_000,
      headers: {
        ...headers,
        ...payload !== undefined && {
          'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload))
        }
      }
    }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => end(response.statusCode!, Buffer.concat(chunks).toString()))
      response.on('error', (error) => end(0, '', error.message))
    })
    sent.on('timeout', () => sent.destroy(new Error('timeout')))
    sent.on('error', (error) => end(0, '', error.message))
    sent.end(payload)
  })

  const looking = (async () => {
    while (!state.isOver) {
      const states = await Promise.all(addresses.map(async (address) => (await ask(address, 'GET', '/readyz')).status))
      ready = addresses.filter((_, n) => states[n] === 200)
      await sleep(LOOK_MS)
    }
  })()

  return {
    ready: () => ready,
    send: async (method, path, body, headers) => {
      const address = ready[turn++ % ready.length]
      if (address === undefined) return { path, status: 0, ms: 0, text: '', fault: 'no gateway is ready' }
      return await ask(address, method, path, body, headers)
    },
    close: async () => {
      state.isOver = true
      await looking
      for (const agent of agents.values()) agent.destroy()
    }
  }
}
