import t, { type Test } from 'tap'
import { all } from '../../checks.ts'
import { openConsumer } from '../../consumer.ts'
import { openOwnShop, openShop, refuses } from '../../helper.ts'
import { openMailServer } from '../../mail-server.ts'
import { INCIDENTS } from './incidents.ts'
import { entriesOf, order, timeline, type Entry, type Incident } from './staging.ts'

/** Each of `says` is found behind the one before. */
function explains (t: Test, entries: Entry[], says: Incident['says']): void {
  let from = 0
  for (const [kind, summary, facts = {}] of says) {
    const found = entries.findIndex((entry, n) => n >= from && entry.kind === kind && summary.test(entry.summary))
    t.ok(found >= 0, `${kind}: ${summary}`, { entries })
    if (found < 0) return
    t.match(entries[found], facts)
    from = found + 1
  }
}

t.test('what support is asked about stands in the timeline', async (t) => {
  const mail = await openMailServer(t)
  const shop = await openOwnShop(t, { ...mail.settings, WEBHOOK_PRIVATE_NETWORKS: 'true' })
  const scene = { shop, mail, consumer: await openConsumer(t) }
  for (const { name, stage, says, never = [], deleted = false } of INCIDENTS) {
    await t.test(name, async (t) => {
      const id = await stage(scene)
      const found = await timeline(shop, id)
      t.match(found, { order_id: id, deleted, total: found.entries.length })
      all(t, found.entries as Entry[], ({ at }) => Date.parse(at) > 0, 'each has its time')
      const moments = found.entries.map(({ at }: Entry) => at)
      t.same(moments, moments.toSorted(), 'in their order')
      explains(t, found.entries, says)
      t.same(found.entries.filter(({ kind }: Entry) => never.includes(kind)), [])
      for (const kind of ['created', 'repeat']) {
        t.ok(found.entries.filter((entry: Entry) => entry.kind === kind).length <= 1, `one ${kind} at most`)
      }
      await shop.sql`update gateway.webhooks set deleted_at = now(), active = false`
    })
  }
})

t.test('the broker is away: the event waits, and says why, until it has gone out', async (t) => {
  const shop = await openShop(t, { RABBITMQ_URL: 'amqp://127.0.0.1:1' })
  const id = await order(shop)
  await shop.app.events.noteFault('ECONNREFUSED')
  explains(t, await entriesOf(shop, id), [
    ['event', /order_created/],
    ['rabbitmq', /order_created to RabbitMQ waits: .*ECONNREFUSED/, { state: 'waiting', last_error: /ECONNREFUSED/ }]
  ])
  const claimed = await shop.app.events.claim(10, 30)
  await shop.app.events.markPublished(claimed.map((event) => event.id))
  explains(t, await entriesOf(shop, id), [
    ['rabbitmq', /order_created to RabbitMQ was accepted at attempt 1\.$/, { state: 'delivered', attempts: 1 }]
  ])
})

t.test('of very many entries the latest 1,000; a loaded order; none', async (t) => {
  const shop = await openShop(t)
  const id = await order(shop)
  await shop.sql`insert into orders.order_status_history (order_id, status, note)
    select ${id}, 'pending', 'remark ' || n from generate_series(1, 1500) n`
  const { entries, total } = await timeline(shop, id)
  t.equal(entries.length, 1000)
  t.equal(total, 1503)
  t.match(entries.at(-1), { kind: 'note', summary: 'Remark: remark 1500' })

  const [loaded] = await shop.sql<{ id: number }[]>`
    insert into orders.orders (user_id, order_number, order_dow, order_hour_of_day, placed_here)
    values (5, 1, 0, 0, false) returning id::int`
  explains(t, await entriesOf(shop, loaded!.id), [['created', /^Loaded: placed elsewhere\.$/]])
  refuses(t, await shop.call('GET', '/api/v1/orders/1/timeline'), 404, 'ORDER_NOT_FOUND')
  refuses(t, await shop.call('GET', '/api/v1/orders/x/timeline'), 400, 'INVALID_ORDER_ID')
})
