import { setTimeout as sleep } from 'node:timers/promises'
import { runTrial } from '../trials/harness.ts'
import type { Verdict } from '../drill.ts'
import { percentile, send, type Sent } from '../trials/requests.ts'

export const summary = 'one row of the inventory is locked by others, and dozens of callers want it'

/** Contract, section 13. */
const TOLD_WITHIN_MS = 2000

/** What a machine that is busy with the drill itself adds. */
const ROOM_MS = 300

/** Orders and reads beside the lock, compared with the same ones before. */
export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  await runTrial(async ({ sql, startGateways }) => {
    const [base] = await startGateways(1, { RATE_LIMIT: '0' })
    await sql`insert into products.inventory (product_id, stock) values (5, 1000000), (6, 1000000)`
    const users = await sql<{ id: string }[]>`
      insert into users.users (first_name, last_name, email_address)
      select 'User', n::text, 'drill' || n || '@example.com' from generate_series(1, 1000) n returning external_user_id
      as id`
    let next = 0
    const order = async (product: number) =>
      await send(base!, 'POST', '/orders', {
        user_id: users[next++ % users.length]!.id, items: [{ product_id: product, quantity: 1 }]
      })
    const others: Record<string, () => Promise<Sent>> = {
      'orders of another product': async () => await order(6),
      'reads of the locked product': async () => await send(base!, 'GET', '/products/5'),
      'lists of orders': async () => await send(base!, 'GET', '/orders?limit=5'),
      'logins (of nobody)': async () => await send(base!, 'POST', '/users/login', {
        email_address: 'nobody@example.com', password: 'long enough'
      }),
      '/readyz': async () => await send(base!, 'GET', '/readyz')
    }
    const rounds = isShort ? 15 : 60
    const ask = async () => Object.fromEntries(await Promise.all(Object.entries(others).map(async ([name, request]) => {
      const sent: Sent[] = []
      for (let n = 0; n < rounds; n++) {
        sent.push(await request())
        await sleep(30)
      }
      return [name, sent] as const
    })))

    await ask()
    const before = await ask()
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
    const { promise: locked, resolve: haveLocked } = Promise.withResolvers<void>()
    const holder = sql.begin(async (own) => {
      await own`select from products.inventory where product_id = 5 for update`
      haveLocked()
      await held
    })
    await locked
    const over = new AbortController()
    const wanting = Array.from({ length: isShort ? 20 : 50 }, async () => {
      const sent: Sent[] = []
      while (!over.signal.aborted) sent.push(await order(5))
      return sent
    })
    const beside = await ask()
    over.abort()
    const told = (await Promise.all(wanting)).flat()
    letGo()
    await holder
    const after = await order(5)

    for (const name of Object.keys(others)) {
      const [calm, busy] = [before[name]!, beside[name]!]
      const wrong = busy.filter(({ status }) => status >= 500)
      const [was, is] = [percentile(calm, 0.5), percentile(busy, 0.5)]
      verdicts.push({
        done: `${name} beside ${wanting.length} callers who want a locked row`,
        expected: `none refused, the median at most 2 times of before (or ${ROOM_MS} ms more)`,
        seen:
          `${wrong.length} of ${busy.length} refused, median ${was.toFixed(1)} -> ${is.toFixed(1)} ms, the slowest ` +
            `${percentile(busy, 1).toFixed()} ms`,
        holds: wrong.length === 0 && is <= Math.max(2 * was, was + ROOM_MS)
      })
    }
    const slowest = percentile(told, 1)
    verdicts.push({
      done: `${told.length} orders of the locked product`,
      expected: `each is a 503 within ${TOLD_WITHIN_MS} ms`,
      seen: `${told.filter(({ status }) => status === 503).length} are, the slowest after ${slowest.toFixed()} ms`,
      holds: told.every(({ status }) => status === 503) && slowest <= TOLD_WITHIN_MS + ROOM_MS
    }, {
      done: 'one more, after the lock',
      expected: '201',
      seen: String(after.status),
      holds: after.status === 201
    })
  })
  return verdicts
}
