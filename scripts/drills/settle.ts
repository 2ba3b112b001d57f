import { setTimeout as sleep } from 'node:timers/promises'
import { BACKGROUND, BY_INDEX, createClient } from '../../database/client.ts'
import { statementTexts } from '../../database/statements.ts'
import type { Verdict } from '../drill.ts'
import { runTrial } from '../trials/harness.ts'
import { percentile, send, type Sent } from '../trials/requests.ts'

export const summary =
  'very many orders are settled, as housekeeping does, while others are placed as fast as the gateway takes them'

/** Requests at once: enough for the gateway to be the bound. */
const CALLERS = 8
const WINDOW_MS = 5000

/** As routes/operations/housekeeping.ts. */
const BATCH = 1000
const PAUSE_MS = 20

/** Orders of a year ago and later, with an item each. */
const OLD_ORDERS = `
  insert into orders.orders (id, user_id, order_number, order_reference, order_dow, order_hour_of_day, created_at,
  total_items, total_quantity, total_price)
    select 10000000 + n, n % 5 + 1, 1000000 + n, 'ORD-old-' || n, 0, 0, now() - interval '360 days' + n * interval
    '10 seconds', 1, 1, 1
    from generate_series(1, $count) n;
  insert into orders.order_items (order_id, product_id, add_to_cart_order, product_name, ordered_at)
    select 10000000 + n, n % 30 + 1, 1, 'Product', now() - interval '360 days' + n * interval '10 seconds'
    from generate_series(1, $count) n;`

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const count = isShort ? 100_000 : 1_000_000
  const verdicts: Verdict[] = []
  await runTrial(async ({ sql, url, startGateways, teardown }) => {
    const [address] = await startGateways(1, {})
    const [user] = await sql<{ id: string }[]>`select external_user_id as id from users.users order by id limit 1`
    await sql.begin(async (transaction) => {
      await transaction`set local session_replication_role = replica`
      await transaction.unsafe(OLD_ORDERS.replaceAll('$count', String(count))).simple()
    })
    await sql.unsafe('vacuum analyze orders.orders, orders.order_items')
    const latest = new Date(Date.now() - 7 * 24 * 3_600_000).toISOString()
    await sql`update orders.settled_orders set until = now() - interval '361 days', closing = null, horizon = null`

    const connection = createClient(url, { ...BACKGROUND, max: 1, settings: BY_INDEX })
    teardown(async () => await connection.end({ timeout: 5 }))
    const settling = { isOn: false, isOver: false, longestCall: 0 }
    const housekeeping = (async () => {
      while (!settling.isOver) {
        if (!settling.isOn) {
          await sleep(5)
          continue
        }
        const began = performance.now()
        const rows = await connection.unsafe(statementTexts.get('orders/settle-orders')!, [BATCH, latest],
          { prepare: true, simple: false } as never)
        settling.longestCall = Math.max(settling.longestCall, performance.now() - began)
        if (new Date(rows[0]!.settled_until) >= new Date(latest)) settling.isOver = true
        await sleep(PAUSE_MS)
      }
    })()

    const sent = { with: [] as Sent[], without: [] as Sent[] }
    const place = async () => await send(address!, 'POST', '/orders', {
      user_id: user!.id, items: [{ product_id: 1 + Math.floor(Math.random() * 30) }]
    })
    async function load (into: Sent[]): Promise<void> {
      const end = performance.now() + WINDOW_MS
      await Promise.all(Array.from({ length: CALLERS }, async () => {
        while (performance.now() < end) {
          into.push(await place())
        }
      }))
    }
    await load([])
    // In turn, so that what others do on the machine meets both.
    const since = performance.now()
    while (!settling.isOver && performance.now() - since < 600_000) {
      for (const kind of ['without', 'with'] as const) {
        settling.isOn = kind === 'with'
        await load(sent[kind])
      }
    }
    settling.isOver = true
    await housekeeping

    const [done] = await sql<{ until: Date, sums: boolean }[]>`
      select until, (select sum(orders) from orders.product_totals where month < date_trunc('month',
      ${latest}::text::timestamptz)) > 0 as sums
      from orders.settled_orders`
    const failed = [...sent.with, ...sent.without].filter(({ status }) => status !== 201).length
    const figures = (list: Sent[]) =>
      `${(list.length / (list.length ? list.reduce((sum, { ms }) => sum + ms, 0) / CALLERS / 1000 : 1)).toFixed(0)} ` +
        'a second, ' +
      `median ${percentile(list, 0.5).toFixed(1)} ms, p99 ${percentile(list, 0.99).toFixed(1)}, longest ` +
        `${percentile(list, 1).toFixed(0)}`
    const added = percentile(sent.with, 1) - percentile(sent.without, 1)
    verdicts.push({
      done:
        `${count} orders settled while ${CALLERS} callers placed orders without pause, ${WINDOW_MS / 1000} s with ` +
          'and without in turn',
      expected:
        'every order is placed, the slowest of a hundred at most 100 ms later, and the very slowest at most 500 ms ' +
          'later',
      seen:
        `with: ${figures(sent.with)}; without: ${figures(sent.without)}; longest call of settling ` +
          `${settling.longestCall.toFixed(0)} ms, ` +
        `settled until ${done!.until.toISOString().slice(0, 10)}, ${failed} refused`,
      holds: failed === 0 && done!.sums && done!.until >= new Date(latest) && added <= 500 &&
        percentile(sent.with, 0.99) - percentile(sent.without, 0.99) <= 100
    })
  })
  return verdicts
}
