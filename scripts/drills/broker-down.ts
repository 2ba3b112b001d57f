import { setTimeout as sleep } from 'node:timers/promises'
import { brokerAbsent, openBroker } from '../../test/broker.ts'
import type { Verdict } from '../drill.ts'
import { isMachineBusy, NOT_JUDGED } from '../trials/busy.ts'
import { auditPurchases, auditVerdict, makeUsers, startBuyers, statuses } from '../trials/buyers.ts'
import { runTrial } from '../trials/harness.ts'
import { percentile } from '../trials/requests.ts'

export const summary = 'the broker goes away while 50 orders a second come in and very many events wait already'

export const isQuick = true

const RATE = 50
/** Ids of orders that are not there any more, whose events wait. */
const OTHERS = 100_000_000
/** An order does not wait for the broker. */
const ORDER_WITHIN_MS = 1000
const PATIENCE_MS = 240_000

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const absent = await brokerAbsent()
  if (absent) throw new Error(absent)
  const verdicts: Verdict[] = []
  const isBusy = isMachineBusy()
  const [waiting, outageMs] = isShort ? [2000, 3000] : [100_000, 60_000]
  await runTrial(async ({ sql, startGateways, teardown }) => {
    const broker = await openBroker({ teardown })
    await broker.cut()
    const gateways = await startGateways(2, { ...broker.settings, RATE_LIMIT: '0' })
    await sql`insert into orders.outbox (order_id, event_type, payload)
      select ${OTHERS}::int + n, 'order_created', jsonb_build_object('order_id', ${OTHERS}::int + n)
      from generate_series(1, ${waiting}::int) n`
    await sql`insert into gateway.event_publishers (queue, last_seen) values ('drill', now())`
    const users = await makeUsers(sql, 100)
    const buying = startBuyers(() => gateways, {
      count: 20, users, rate: RATE, items: () => [{ product_id: 33, quantity: 1 }]
    })
    await sql`update products.inventory set stock = 1000000 where product_id = 33`
    await sleep(outageMs)
    await broker.mend()
    const back = performance.now()
    await sleep(2000)
    await buying.stop()
    // Each order moves once more, so that there is an order of events to keep.
    const placed = buying.purchases.filter(({ orderId }) => orderId !== undefined)
    for (const { orderId } of placed.slice(0, 50)) {
      await fetch(`${gateways[0]}/orders/${orderId}`, {
        method: 'PATCH', headers: { 'content-type': 'application/json' }, body: '{"status": "paid"}'
      })
    }
    const left = async () => (await sql<{ n: number }[]>`
      select count(*)::int as n from orders.outbox where published_at is null`)[0]!.n
    while (await left() > 0 && performance.now() - back < PATIENCE_MS) await sleep(50)
    const drained = (performance.now() - back) / 1000
    const recorded = await sql<{ id: string, order_id: number }[]>`
      select message_id as id, order_id::int as order_id from orders.outbox order by outbox.id`
    // Those that were confirmed are on their way to who consumes them.
    while (broker.received.length < recorded.length && performance.now() - back < PATIENCE_MS) await sleep(20)

    const ids = new Set(recorded.map(({ id }) => id))
    const got = new Set(broker.received.map(({ id }) => id))
    const first = [...new Map(broker.received.map((event) => [event.id, event])).values()]
    const byOrder = Map.groupBy(first, ({ body }) => body.order_id as number)
    const disordered = [...Map.groupBy(recorded, (event) => event.order_id)].filter(([order, events]) =>
      events.map(({ id }) => id).join() !== (byOrder.get(order) ?? []).map(({ id }) => id).join()).length
    const lost = [...ids].filter((id) => !got.has(id)).length
    const invented = [...got].filter((id) => !ids.has(id)).length
    const slowest = percentile(buying.attempts, 0.99)
    verdicts.push(auditVerdict(await auditPurchases(sql, buying.purchases, { 33: 1_000_000 }), buying.purchases,
      `no broker for ${outageMs / 1000} s at ${RATE} orders a second, ${waiting} events waiting before`), {
      done: `${buying.attempts.length} orders meanwhile`,
      expected: `each is placed, 99 of 100 within ${ORDER_WITHIN_MS} ms`,
      seen: `${statuses(buying.attempts)}; p99 ${slowest.toFixed()} ms${isBusy ? NOT_JUDGED : ''}`,
      holds: buying.attempts.every(({ status }) => status === 201) && (isBusy || slowest <= ORDER_WITHIN_MS)
    }, {
      done: `${recorded.length} events recorded`,
      expected: 'all arrive, none is invented, those of an order in their order',
      seen: `${got.size} arrived in ${drained.toFixed(1)} s after the broker was back, ${lost} lost, ${invented} ` +
        `invented, ${broker.received.length - got.size} repeated, ${disordered} orders out of order`,
      holds: lost === 0 && invented === 0 && disordered === 0
    })
  })
  return verdicts
}
