import { setTimeout as sleep } from 'node:timers/promises'
import { brokerAbsent, openBroker } from '../../test/broker.ts'
import { userId } from '../../test/helper.ts'
import { waitFor, type Trial } from './harness.ts'

const ORDERS_A_SECOND = 50
const OUTAGE_SECONDS = 60
const BEFORE_AND_AFTER_SECONDS = 10

/**
 * Orders come in at 50 a second while the broker goes away for a minute; counts what was recorded, published, out of
 * order.
 */
export async function tryEvents ({ sql, startGateways, teardown }: Trial): Promise<void> {
  const absent = await brokerAbsent()
  if (absent) throw new Error(absent)
  const broker = await openBroker({ teardown })
  const gateways = await startGateways(2, broker.settings)
  let placed = 0
  let refused = 0
  let slowest = 0

  async function placeOrder (n: number): Promise<void> {
    const began = performance.now()
    const send = async (method: string, path: string, body: object) => await fetch(`${gateways[n % 2]}${path}`, {
      method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body)
    })
    const response = await send('POST', '/orders', { user_id: userId(n % 5 + 1), items: [{ product_id: n % 30 + 1 }] })
    slowest = Math.max(slowest, performance.now() - began)
    const { data: [order] } = await response.json() as { data: { order_id: string }[] }
    const change = await send('PATCH', `/orders/${order!.order_id}`, { status: n % 10 === 0 ? 'cancelled' : 'paid' })
    if (response.status === 201 && change.status === 200) placed++
    else refused++
  }

  async function load (seconds: number): Promise<void> {
    const orders: Promise<void>[] = []
    const began = performance.now()
    for (let n = 0; n < seconds * ORDERS_A_SECOND; n++) {
      orders.push(placeOrder(n))
      await sleep(Math.max(0, began + n * 1000 / ORDERS_A_SECOND - performance.now()))
    }
    await Promise.all(orders)
  }

  await load(BEFORE_AND_AFTER_SECONDS)
  await broker.cut()
  console.log(`${broker.received.length} events received; the broker goes away for ${OUTAGE_SECONDS} s`)
  await load(OUTAGE_SECONDS)
  await broker.mend()
  const back = performance.now()
  await load(BEFORE_AND_AFTER_SECONDS)
  await waitFor(120, async () => {
    const [{ waiting } = { waiting: 0 }] =
      await sql<{ waiting: number }[]>`select count(*)::int as waiting from orders.outbox where published_at is null`
    return { done: waiting === 0, text: `${broker.received.length} events received, ${waiting} wait` }
  })
  const seconds = ((performance.now() - back) / 1000).toFixed(1)
  await sleep(1000)

  const recorded =
    await sql<{ id: string, order_id: number }[]>`select message_id as id, order_id::int as order_id from orders.outbox
      order by outbox.id`
  const first = [...new Map(broker.received.map((event) => [event.id, event])).values()]
  const got = Map.groupBy(first, ({ body }) => body.order_id as number)
  const outOfOrder = [...Map.groupBy(recorded, (event) => event.order_id)].filter(([order, events]) =>
    events.map(({ id }) => id).join() !== (got.get(order) ?? []).map(({ id }) => id).join())
  console.log(
    `orders: ${placed} placed and changed at ${ORDERS_A_SECOND} a second, ${refused} refused, slowest ` +
      `${Math.round(slowest)} ms`
  )
  console.log(
    `events: recorded ${recorded.length}, published ${first.length}, repeated ` +
      `${broker.received.length - first.length}, orders out of order ${outOfOrder.length}; none waited ${seconds} s ` +
        'after the broker was back'
  )
}
