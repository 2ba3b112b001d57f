import postgres from 'postgres'
import t from 'tap'
import { until } from '../checks.ts'
import { openConsumer } from '../consumer.ts'
import { openOwnShop } from '../helper.ts'

t.setTimeout(1_200_000)

const WAITING = Number(process.env.EVENTS_WAITING ?? 200_000)
const PARTS = 10

t.test('very many events go out at a steady rate: to a webhook, and to who reads the feed', async (t) => {
  const consumer = await openConsumer(t)
  const { app, call, sql, url } = await openOwnShop(t, { WEBHOOK_PRIVATE_NETWORKS: 'true' })
  const { id } = (await call('POST', '/api/v1/webhooks', { url: consumer.url })).json
  await sql`insert into orders.outbox (order_id, event_type, payload, published_at)
    select 100000000 + n / 2, 'order_created',
      '{"total": 1, "status": "pending", "occurred_at": "2026-01-01T00:00:00+00:00"}', now()
    from generate_series(1, ${WAITING}::int) n`
  // A long transaction elsewhere keeps what is done from being forgotten by indexes.
  const { promise: end, resolve: finish } = Promise.withResolvers<void>()
  const other = postgres(url, { max: 1, onnotice: () => {} })
  t.teardown(async () => await other.end({ timeout: 1 }))
  const elsewhere = other.begin('isolation level repeatable read', async (long) => {
    await long`select count(*) from orders.outbox`
    await end
  })

  const seconds: number[] = []
  for (let part = 1; part <= PARTS; part++) {
    const since = performance.now()
    await until(() => consumer.received.length >= part * WAITING / PARTS, `part ${part} of ${PARTS}`, 600)
    seconds.push((performance.now() - since) / 1000)
  }
  t.comment(`${WAITING} deliveries, each ${PARTS}th of them in ${seconds.map((part) => part.toFixed(1)).join(', ')} s`)
  const middle = (parts: number[]) => parts.toSorted((a, b) => a - b)[Math.floor(parts.length / 2)]!
  t.ok(middle(seconds.slice(-4)) < 3 * middle(seconds.slice(1, 5)), 'the last ones as fast as the first')
  await until(async () => (await call('GET', `/api/v1/webhooks/${id}/deliveries?status=waiting`)).json.total === 0,
    'all are recorded')
  finish()
  await elsewhere
  t.equal(consumer.received.length, WAITING, 'each once')
  const byOrder = new Map<number, number>()
  const disordered = consumer.received.filter(({ body }) => {
    const isLater = body.sequence > (byOrder.get(body.order_id) ?? 0)
    byOrder.set(body.order_id, body.sequence)
    return !isLater
  })
  t.equal(disordered.length, 0, 'in order for each order')

  const seen = new Set<string>()
  const since = performance.now()
  let [cursor, count] = ['', 0]
  for (;;) {
    const { events, next_cursor: next } = (await app.inject(`/events?limit=1000${cursor}`)).json()
    if (events.length === 0) break
    for (const event of events) seen.add(event.id)
    count += events.length
    cursor = `&after=${next}`
  }
  t.comment(`read from the feed in ${((performance.now() - since) / 1000).toFixed(1)} s`)
  t.strictSame([seen.size, count], [WAITING, WAITING], 'each once')
})
