import { setTimeout as sleep } from 'node:timers/promises'
import type { Verdict } from '../drill.ts'
import { isMachineBusy, NOT_JUDGED } from '../trials/busy.ts'
import { makeUsers, statuses } from '../trials/buyers.ts'
import { runTrial } from '../trials/harness.ts'
import { openRawClient, type Reply } from '../trials/raw-client.ts'
import { percentile } from '../trials/requests.ts'

export const summary =
  'five times as many orders as the gateway can take: how many it still takes, and how the others are told'

const TIMES = 5
const GOODPUT = 0.8
const ACCEPTED_WITHIN_MS = 1000
/** At once, on a machine whose processor is shared with five times what it can do. */
const REFUSED_WITHIN_MS = 1000
const RECOVERED_WITHIN_MS = 2000
/** Enough for the gateway to be the bound, few enough for nobody to wait long. */
const CALLERS = 16
/** Large orders, so that the database is the bound and not who sends them. */
const LINES = Array.from({ length: 30 }, (_, n) => ({ product_id: n + 1, quantity: 1 }))

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const isBusy = isMachineBusy()
  const [calmMs, floodMs] = isShort ? [3000, 6000] : [10_000, 30_000]
  await runTrial(async ({ sql, startGateways, teardown }) => {
    const [address] = await startGateways(1, { RATE_LIMIT: '0', LOG_LEVEL: 'error' })
    const users = await makeUsers(sql, 1000)
    const client = openRawClient(address!)
    teardown(() => client.close())
    const bodies = users.map((user) => JSON.stringify({ user_id: user, items: LINES }))
    let turn = 0
    const order = async () => await client.post('/orders', bodies[turn++ % bodies.length]!)
    /** As many as are answered: each caller sends the next one when it has its answer. */
    async function asAnswered (ms: number): Promise<number> {
      const end = performance.now() + ms
      let placed = 0
      await Promise.all(Array.from({ length: CALLERS }, async () => {
        while (performance.now() < end) if ((await order()).status === 201) placed++
      }))
      return placed / (ms / 1000)
    }
    await asAnswered(2000)
    const peak = await asAnswered(calmMs)

    // Whatever is answered: customers come when they come.
    const flood: Promise<Reply>[] = []
    const inTime = { placed: 0 }
    const since = performance.now()
    for (let now = since; now - since < floodMs; now = performance.now()) {
      const due = (now - since) / 1000 * peak * TIMES
      while (flood.length < due) {
        flood.push(order().then((reply) => {
          if (reply.status === 201 && performance.now() - since < floodMs) inTime.placed++
          return reply
        }))
      }
      await sleep(2)
    }
    const after = performance.now()
    // Those who come now: when is the last one refused?
    let lastRefusal = 0
    while (performance.now() - after < 2 * RECOVERED_WITHIN_MS) {
      const { status } = await order()
      if (status !== 201) lastRefusal = performance.now() - after
      await sleep(20)
    }
    const replies = await Promise.all(flood)
    const accepted = replies.filter(({ status }) => status === 201)
    const refused = replies.filter(({ status }) => status === 503)
    const goodput = inTime.placed / floodMs * 1000
    const judge = (holds: boolean) => holds || isBusy
    const busy = isBusy ? NOT_JUDGED : ''
    verdicts.push({
      done: `${(flood.length / floodMs * 1000).toFixed()} orders a second for ${floodMs / 1000} s; the most are ` +
        `${peak.toFixed()}`,
      expected: `at least ${GOODPUT * 100} % of the most are placed meanwhile; the others get a 503`,
      seen: `${goodput.toFixed()} a second, ${(100 * goodput / peak).toFixed()} %; ${statuses(replies)}${busy}`,
      holds: judge(goodput >= GOODPUT * peak && accepted.length + refused.length === replies.length)
    }, {
      done: 'those that are placed',
      expected: `99 of 100 within ${ACCEPTED_WITHIN_MS} ms`,
      seen: `p99 ${percentile(accepted, 0.99).toFixed()} ms, median ${percentile(accepted, 0.5).toFixed()} ms${busy}`,
      holds: judge(percentile(accepted, 0.99) <= ACCEPTED_WITHIN_MS)
    }, {
      done: 'those that are refused',
      expected: `99 of 100 within ${REFUSED_WITHIN_MS} ms`,
      seen: `p99 ${percentile(refused, 0.99).toFixed()} ms, median ${percentile(refused, 0.5).toFixed()} ms${busy}`,
      holds: judge(percentile(refused, 0.99) <= REFUSED_WITHIN_MS)
    }, {
      done: 'the time after',
      expected: `nobody is refused after ${RECOVERED_WITHIN_MS} ms`,
      seen: `the last one after ${lastRefusal.toFixed()} ms${busy}`,
      holds: judge(lastRefusal <= RECOVERED_WITHIN_MS)
    })
  })
  return verdicts
}
