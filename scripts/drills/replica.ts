import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from 'postgres'
import type { Verdict } from '../drill.ts'
import { openWay, type Way } from '../../test/way.ts'
import { isMachineBusy, NOT_JUDGED } from '../trials/busy.ts'
import { runTrial } from '../trials/harness.ts'
import { openStandby, type Standby } from '../trials/standby.ts'

export const summary = 'a streaming replica is frozen, away, paused, or 10 s behind, while it is read from'

/** Contract, section 13. */
const LEFT_OUT_WITHIN_MS = 1000
const MAX_LAG_MS = 2000

const CALLERS = 8
const PATHS = ['/products/2', '/products?limit=5', '/products/1', '/departments']

/** One response: when it was sent, how long it took, and the price that it shows of product 1, in cents. */
interface Seen { at: number, ms: number, status: number, cents?: number }

/** Reads for so long, while the price of product 1 goes up by a cent again and again; with when it did. */
async function watchPrices (base: string, sql: Sql, ms: number): Promise<{ seen: Seen[], committed: number[] }> {
  const [row] = await sql<{ cents: number }[]>`
    select (100 * price)::int as cents from products.product_enriched where product_id = 1`
  const began = performance.now()
  const committed: number[] = []
  committed[row!.cents] = -Infinity
  const isOver = () => performance.now() - began > ms
  const seen: Seen[] = []
  await Promise.all([
    (async () => {
      for (let cents = row!.cents + 1; !isOver(); cents++) {
        await sql`update products.product_enriched set price = ${cents}::numeric / 100 where product_id = 1`
        committed[cents] = performance.now() - began
        await sleep(100)
      }
    })(),
    ...Array.from({ length: CALLERS }, async (_, n) => {
      for (let turn = n; !isOver(); turn++) {
        const at = performance.now() - began
        const path = PATHS[turn % PATHS.length]!
        const response = await fetch(base + path)
        const body = await response.json() as { price?: number }
        seen.push({
          at,
          ms: performance.now() - began - at,
          status: response.status,
          ...path === '/products/1' && response.ok && { cents: Math.round(100 * body.price!) }
        })
        await sleep(10)
      }
    })
  ])
  return { seen, committed }
}

const slowest = (seen: Seen[]) => Math.max(0, ...seen.map(({ ms }) => ms))

/** How old the oldest of what was read was, in ms: since when there had been something newer when it was asked for. */
const oldest = ({ seen, committed }: { seen: Seen[], committed: number[] }) => Math.max(0, ...seen
  .filter(({ cents }) => cents !== undefined).map(({ at, cents }) => at - (committed[cents! + 1] ?? Infinity)))

/** Waits until most of what callers get comes from the replica; says how long that took. */
async function untilBack (base: string, way: Way): Promise<number> {
  const since = performance.now()
  while (performance.now() - since < 60_000) {
    const before = way.relayed()
    const { length } = await (await fetch(`${base}/products?limit=25`)).text()
    if (way.relayed() - before > length / 2) return performance.now() - since
    await sleep(20)
  }
  return Infinity
}

interface Trouble { name: string, begin (): Promise<void> | void, end (): Promise<void> | void }

const troublesOf = (standby: Standby, way: Way): Trouble[] => [
  { name: 'frozen', begin: () => way.freeze(true), end: () => way.thaw() },
  { name: 'away', begin: async () => await way.close(), end: async () => await way.reopen() },
  { name: 'paused', begin: async () => await standby.pause(), end: async () => await standby.resume() },
  { name: '10 s behind', begin: async () => await standby.delay(10_000), end: async () => await standby.delay(0) }
]

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const isBusy = isMachineBusy()
  const verdicts: Verdict[] = []
  await runTrial(async ({ sql, server, startGateways, teardown }) => {
    const standby = await openStandby(server!, 'one')
    teardown(async () => await standby.close())
    const way = await openWay(standby.url)
    teardown(async () => await way.close())
    const [base] = await startGateways(1, { READ_DATABASE_URL: way.url, RATE_LIMIT: '0' })
    await untilBack(base!, way)
    const calm = slowest((await watchPrices(base!, sql, 2000)).seen)
    for (const { name, begin, end } of troublesOf(standby, way)) {
      await begin()
      const read = await watchPrices(base!, sql, isShort ? 5000 : 15_000)
      const { seen } = read
      await end()
      const back = await untilBack(base!, way)
      const refused = seen.filter(({ status }) => status !== 200)
      const late = seen.filter(({ ms }) => ms > Math.max(350, 2 * calm))
      const leftOut = Math.max(0, ...late.map(({ at }) => at))
      const age = oldest(read)
      verdicts.push({
        done: `a replica that is ${name}: ${seen.length} requests`,
        expected: `no error, and nothing older than ${MAX_LAG_MS} ms`,
        seen: `${refused.length} refused; the oldest that was read was ${age.toFixed()} ms old`,
        holds: refused.length === 0 && age <= MAX_LAG_MS
      }, {
        done: `a replica that is ${name}`,
        expected: `nobody waits for it any more after ${LEFT_OUT_WITHIN_MS} ms; it comes back by itself`,
        seen: `${late.length} waited, the last sent after ${leftOut.toFixed()} ms, the slowest ` +
          `${slowest(seen).toFixed()} ms; read from again after ${back.toFixed()} ms${isBusy ? NOT_JUDGED : ''}`,
        holds: Number.isFinite(back) && (isBusy || leftOut <= LEFT_OUT_WITHIN_MS + 200)
      })
    }
  }, { isStreaming: true })
  return verdicts
}
