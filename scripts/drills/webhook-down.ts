import { setTimeout as sleep } from 'node:timers/promises'
import { openConsumer, type Consumer } from '../../test/consumer.ts'
import type { Verdict } from '../drill.ts'
import { isMachineBusy, NOT_JUDGED } from '../trials/busy.ts'
import { auditPurchases, auditVerdict, makeUsers, startBuyers, statuses } from '../trials/buyers.ts'
import { runTrial } from '../trials/harness.ts'
import { percentile } from '../trials/requests.ts'

export const summary =
  'a consumer of webhooks goes away while 50 orders a second come in and very many events wait for it already'

export const isQuick = true

const RATE = 50
/** Ids of orders that are not there any more, whose events wait. */
const OTHERS = 100_000_000
/** An order does not wait for a consumer. */
const ORDER_WITHIN_MS = 1000
const PATIENCE_MS = 300_000

/** What arrived, each id once, and how many orders' events came in another order than that of the feed. */
function judge ({ received }: Consumer, recorded: { id: string, order_id: number }[]) {
  const first = [...new Map(received.map(({ body }) => [body.id as string, body])).values()]
  const byOrder = Map.groupBy(first, (body) => body.order_id as number)
  const disordered = [...Map.groupBy(recorded, (event) => event.order_id)].filter(([order, events]) =>
    events.map(({ id }) => id).join() !== (byOrder.get(order) ?? []).map(({ id }) => id).join()).length
  const ids = new Set(recorded.map(({ id }) => id))
  const lost = recorded.length - first.filter(({ id }) => ids.has(id)).length
  return { lost, repeated: received.length - first.length, disordered }
}

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const isBusy = isMachineBusy()
  const [waiting, outageMs] = isShort ? [2000, 3000] : [100_000, 60_000]
  await runTrial(async ({ sql, startGateways, teardown }) => {
    const [away, present] = [await openConsumer({ teardown }), await openConsumer({ teardown })]
    await away.close()
    const gateways = await startGateways(2, {
      WEBHOOK_PRIVATE_NETWORKS: 'true', RATE_LIMIT: '0', SECRET_KEY: 'a secret for drills, of 32 characters'
    })
    const send = async (method: string, path: string, body: object) => await (await fetch(`${gateways[0]}${path}`, {
      method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body)
    })).json() as { id: number }
    const { id } = await send('POST', '/api/v1/webhooks', { url: away.url })
    await sql`insert into orders.outbox (order_id, event_type, payload, published_at)
      select ${OTHERS}::int + n, 'order_created', '{"status": "pending"}', now()
      from generate_series(1, ${waiting}::int) n`
    const count = async (state: string) => (await sql<{ n: number }[]>`select count(*)::int as n
      from gateway.webhook_deliveries where webhook_id = ${id}
        and case ${state} when 'waiting' then delivered_at is null else true end`)[0]!.n
    while (await count('any') < waiting) await sleep(50)
    await send('POST', '/api/v1/webhooks', { url: present.url })
    const users = await makeUsers(sql, 100)
    const buying = startBuyers(() => gateways, {
      count: 20, users, rate: RATE, items: () => [{ product_id: 33, quantity: 1 }]
    })
    await sql`update products.inventory set stock = 1000000 where product_id = 33`
    await sleep(outageMs)
    const meanwhile = present.received.length
    await away.open()
    const back = performance.now()
    await sleep(2000)
    await buying.stop()
    // Each order moves once more, so that there is an order of events to keep.
    const placed = buying.purchases.filter(({ orderId }) => orderId !== undefined)
    for (const { orderId } of placed.slice(0, 50)) await send('PATCH', `/orders/${orderId}`, { status: 'paid' })
    const unnumbered = async () => (await sql`select from orders.outbox where sequence is null limit 1`).length
    while (await unnumbered() + await count('waiting') > 0 && performance.now() - back < PATIENCE_MS) await sleep(50)
    const drained = (performance.now() - back) / 1000
    const recorded = await sql<{ id: string, order_id: number }[]>`
      select message_id as id, order_id::int as order_id from orders.outbox order by sequence`
    const isLate = () => performance.now() - back > PATIENCE_MS
    while (present.received.length < recorded.length - waiting && !isLate()) await sleep(50)

    const slowest = percentile(buying.attempts, 0.99)
    const [all, news] = [judge(away, recorded), judge(present, recorded.filter((event) => event.order_id < OTHERS))]
    verdicts.push(auditVerdict(await auditPurchases(sql, buying.purchases, { 33: 1_000_000 }), buying.purchases,
      `no consumer for ${outageMs / 1000} s at ${RATE} orders a second, ${waiting} deliveries waiting before`), {
      done: `${buying.attempts.length} orders meanwhile`,
      expected: `each is placed, 99 of 100 within ${ORDER_WITHIN_MS} ms`,
      seen: `${statuses(buying.attempts)}; p99 ${slowest.toFixed()} ms${isBusy ? NOT_JUDGED : ''}`,
      holds: buying.attempts.every(({ status }) => status === 201) && (isBusy || slowest <= ORDER_WITHIN_MS)
    }, {
      done: 'another consumer beside it',
      expected: 'gets its events meanwhile, each once, those of an order in their order',
      seen: `${meanwhile} arrived in those ${outageMs / 1000} s, ${news.lost} lost, ${news.repeated} repeated, ` +
        `${news.disordered} orders out of order`,
      holds: meanwhile > 0 && news.lost + news.repeated + news.disordered === 0
    }, {
      done: `${recorded.length} deliveries to the one that was away`,
      expected: 'all arrive, each once, those of an order in their order',
      seen: `all within ${drained.toFixed(1)} s after it was back, ${all.lost} lost, ${all.repeated} repeated, ` +
        `${all.disordered} orders out of order`,
      holds: all.lost + all.repeated + all.disordered === 0
    })
  })
  return verdicts
}
