/**
 * The load generator, a process of its own: sends requests or statements as fast as they are answered, and says how
 * many and how fast.
 */
import autocannon from 'autocannon'
import postgres from 'postgres'
import type { Sent } from './requests.ts'

/** A statement as a gateway sends it. */
export interface Statement { text: string, parameters: (string | null)[] }

export type Job = {
  connections: number
  seconds: number
  /** Each of the requests or transactions is run once at most. */
  isOnce: boolean
} & ({ kind: 'http', url: string, sent: Sent[], /** Every connection has requests of its own. */ isApart: boolean }
  | { kind: 'statements', url: string, settings: Record<string, string>, transactions: Statement[][] })

export interface Result {
  count: number,
  seconds: number,
  p50: number,
  p99: number, /** of this process */
  cpuSeconds: number
}

/** Everything as the text that PostgreSQL reads and writes. */
const plain = {
  to: 25,
  from: [16, 17, 20, 21, 23, 25, 26, 114, 700, 701, 1082, 1114, 1184, 1700, 2950, 3802],
  serialize: (text: string) => text,
  parse: (text: string) => text
}

type Prepared = () => Promise<{ times: number[], seconds: number }>

/** A piece of a list for each connection; without a list of its own, the whole of it from another place on. */
function share<T> (list: T[], connections: number, isApart: boolean): T[][] {
  return Array.from({ length: connections }, (_, n) => {
    if (!isApart || list.length < connections) {
      return [...list.slice(n % list.length), ...list.slice(0, n % list.length)]
    }
    const size = Math.floor(list.length / connections)
    return list.slice(n * size, (n + 1) * size)
  })
}

function prepareHttp ({ url, sent, connections, seconds, isOnce, isApart }: Job & { kind: 'http' }): Prepared {
  const shares = share(sent, connections, isApart || isOnce)
  return async () => {
    const times: number[] = []
    const bad = new Map<number, number>()
    let next = 0
    const began = performance.now()
    const result = await new Promise<autocannon.Result>((resolve, reject) => {
      const instance = autocannon({
        url,
        connections,
        duration: seconds,
        sampleInt: 20,
        timeout: 30,
        // What a user may do once only is done when each has done it; it does not look at the time then, and cuts
        // nothing off.
        ...isOnce && { amount: connections * shares[0]!.length },
        setupClient: (client) => client.setRequests(shares[next++ % connections]! as never)
      }, (error, result) => {
        if (error) reject(error)
        else resolve(result)
      })
      instance.on('response', (_client, status, _bytes, ms) => {
        times.push(ms)
        if (status >= 300) bad.set(status, (bad.get(status) ?? 0) + 1)
      })
    })
    if (bad.size > 0) {
      throw new Error(
        `${url}${sent[0]!.path} answered ${[...bad].map(([status, n]) => `${status} ${n} times`).join(', ')}`
      )
    }
    if (result.errors > 0) {
      throw new Error(
        `${url}${sent[0]!.path}: ${result.errors} requests failed, ${result.timeouts} of them by their time`
      )
    }
    return { times, seconds: (performance.now() - began) / 1000 }
  }
}

async function prepareStatements (job: Job & { kind: 'statements' }): Promise<Prepared> {
  const { url, settings, transactions, connections, isOnce } = job
  const shares = share(transactions, connections, isOnce || transactions.length >= connections)
  const clients = shares.map(() => postgres(url, {
    max: 1, fetch_types: false, onnotice: () => {}, types: { plain } as never, connection: settings as never
  }))
  const run = async (client: postgres.Sql, transaction: Statement[]) => {
    for (const { text, parameters } of transaction) {
      await client.unsafe(text, parameters as never[], { prepare: true, simple: false } as never)
    }
  }
  // The first call on a connection makes plans.
  const used = 2
  await Promise.all(clients.map(async (client, n) => {
    for (let at = 0; at < used; at++) await run(client, shares[n]![at % shares[n]!.length]!)
  }))
  return async () => {
    const times: number[] = []
    const began = performance.now()
    const until = began + job.seconds * 1000
    await Promise.all(clients.map(async (client, n) => {
      const mine = shares[n]!
      const most = isOnce ? mine.length : Infinity
      for (let at = used; at < most; at++) {
        const since = performance.now()
        if (since > until) break
        await run(client, mine[at % mine.length]!)
        times.push(performance.now() - since)
      }
    }))
    const seconds = (performance.now() - began) / 1000
    await Promise.all(clients.map(async (client) => await client.end({ timeout: 5 })))
    return { times, seconds }
  }
}

function summarize (times: number[], seconds: number, cpuSeconds: number): Result {
  const sorted = Float64Array.from(times).sort()
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))] ?? 0
  return { count: sorted.length, seconds, p50: at(0.5), p99: at(0.99), cpuSeconds }
}

let prepared: Prepared | undefined
process.on('message', async (message: { job?: Job }) => {
  try {
    if (message.job) {
      prepared = message.job.kind === 'http' ? prepareHttp(message.job) : await prepareStatements(message.job)
      return process.send!({ ready: true })
    }
    const before = process.cpuUsage()
    const { times, seconds } = await prepared!()
    const { user, system } = process.cpuUsage(before)
    process.send!(summarize(times, seconds, (user + system) / 1e6))
  } catch (error) {
    process.send!({ fault: (error as Error).message })
  }
})
process.on('disconnect', () => process.exit(0))
