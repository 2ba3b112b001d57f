import t from 'tap'
import { brokerAbsent, openBroker, type Received } from '../../broker.ts'
import { all, until } from '../../checks.ts'
import { openOwnShop, userId, type Shop } from '../../helper.ts'

const skip = await brokerAbsent()
const order = (n: number) => ({
  user_id: userId(n), items: [{ product_id: 7, quantity: 2 }, { product_id: 1, quantity: 1 }]
})
const place = async (shop: Shop, n = 1): Promise<string> =>
  (await shop.call('POST', '/orders', order(n))).json.data[0].order_id
const waiting = async (shop: Shop) =>
  (await shop.sql`select count(*)::int as n from orders.outbox where published_at is null`)[0]!.n
const recorded = async (shop: Shop) =>
  (await shop.sql`select message_id as id, order_id::int as order_id from orders.outbox order by outbox.id`)

async function allPublished (shop: Shop): Promise<void> {
  await until(async () => await waiting(shop) === 0, 'nothing waits')
}

/** For each order, what was received about it, repeats left out. */
function byOrder (received: Received[]): Map<number, string[]> {
  const first = [...new Map(received.map((message) => [message.id, message])).values()]
  return new Map([...Map.groupBy(first, ({ body }) => body.order_id as number)].map(
    ([id, all]) => [id, all.map((one) => one.id)]
  ))
}

t.test('order events', { skip }, async (t) => {
  await t.test('creation, status changes and cancelling are published as the contract says', async (t) => {
    const broker = await openBroker(t)
    const shop = await openOwnShop(t, broker.settings)
    const id = await place(shop)
    await shop.call('PATCH', `/orders/${id}`, { status: 'paid' })
    await shop.call('PATCH', `/orders/${id}`, { status: 'paid' })
    await shop.call('PATCH', `/orders/${id}`, { status: 'cancelled' })
    await broker.arrived(3)
    t.match(broker.received.map(({ body }) => body), [
      {
        event_type: 'order_created',
        order_id: Number(id),
        user_email: 'user1@example.com',
        total: 17.97,
        status: 'pending',
        occurred_at: /^\d{4}-\d\d-\d\dT/,
        items: [
          { product_id: 7, product_name: 'Product 7', quantity: 2, price: 7.99 },
          { product_id: 1, quantity: 1, price: 1.99 }
        ]
      },
      { event_type: 'order_status_updated', order_id: Number(id), status: 'paid' },
      { event_type: 'order_cancelled', order_id: Number(id), status: 'cancelled' }
    ])
    t.equal(new Set(broker.received.map((message) => message.id)).size, 3, 'each with an id of its own')
    all(t, broker.received, ({ durable }) => durable, 'persistent')
    t.match(broker.received[0]!.headers, {
      'cloudEvents:specversion': '1.0', 'cloudEvents:type': 'order_created', 'cloudEvents:id': broker.received[0]!.id
    })
    t.equal(await waiting(shop), 0)
  })

  await t.test('a change by any SQL client is published, too; a change rolled back never', async (t) => {
    const broker = await openBroker(t)
    const shop = await openOwnShop(t, broker.settings)
    const id = await place(shop)
    await shop.sql.begin(async (sql) => {
      await sql`update orders.orders set status = 'failed' where id = ${id}`
      throw new Error('no')
    }).catch(() => {})
    await shop.sql`update orders.orders set status = 'shipped' where id = ${id}`
    await broker.arrived(2)
    t.same(broker.received.map(({ body }) => body.status), ['pending', 'shipped'])
  })

  await t.test('without a broker nothing waits for one, and nothing piles up', async (t) => {
    const shop = await openOwnShop(t)
    await place(shop)
    t.equal((await recorded(shop)).length, 1)
    t.equal(await waiting(shop), 0)
  })

  await t.test('the broker away under load: requests go on, and afterwards everything is there, in order',
    async (t) => {
      const broker = await openBroker(t)
      const shop = await openOwnShop(t, broker.settings)
      let count = 0
      const load = async (orders: number) => {
        for (let n = 0; n < orders; n++) {
          const id = await place(shop, n % 5 + 1)
          for (const status of ['paid', 'shipped', 'delivered']) {
            t.equal((await shop.call('PATCH', `/orders/${id}`, { status })).status, 200)
          }
          count += 4
        }
      }
      await load(5)
      await broker.cut()
      // A request that waited for the broker would wait for ever now.
      await load(20)
      t.ok(await waiting(shop) >= 80, 'events wait meanwhile')
      await broker.mend()
      await load(5)
      await broker.arrived(count)
      await allPublished(shop)
      t.equal((await recorded(shop)).length, count)
      const expected = [...Map.groupBy(await recorded(shop), (row) => row.order_id)]
      const got = byOrder(broker.received)
      t.same(expected.map(([id]) => got.get(id)), expected.map(([, rows]) => rows.map((row) => row.id)),
        `${count} events, none lost, in order for each order`)
      t.equal(await waiting(shop), 0)
    })

  await t.test('a queue that was deleted is made anew, and nothing is lost', async (t) => {
    const broker = await openBroker(t, { consumes: false })
    const shop = await openOwnShop(t, broker.settings)
    await place(shop)
    await allPublished(shop)
    await broker.deleteQueue()
    await place(shop, 2)
    await allPublished(shop)
    await broker.consume()
    await broker.arrived(1)
    t.equal(broker.received[0]!.id, (await recorded(shop))[1]!.id)
  })

  await t.test('a broker that never confirms: the event waits, and goes out with the same id', async (t) => {
    const broker = await openBroker(t)
    const shop = await openOwnShop(t, broker.settings)
    await place(shop)
    await broker.arrived(1)
    // Its confirm, too, which comes after the message.
    await allPublished(shop)
    broker.stall()
    await place(shop, 2)
    await broker.arrived(2)
    t.equal(await waiting(shop), 1, 'sent, but not confirmed')
    await broker.cut()
    await broker.mend()
    await broker.arrived(3)
    await allPublished(shop)
    const [, second] = await recorded(shop)
    all(t, broker.received.slice(1), ({ id }) => id === second!.id, 'a repeat is recognisable')
  })

  await t.test('a relay killed between confirm and mark: the event goes out again, with the same id', async (t) => {
    const broker = await openBroker(t)
    const shop = await openOwnShop(t, broker.settings)
    await place(shop)
    await allPublished(shop)
    t.equal(broker.received.length, 1)
    await shop.sql`update orders.outbox set published_at = null, claimed_until = now() - interval '1 second'`
    await broker.arrived(2)
    t.equal(broker.received[0]!.id, broker.received[1]!.id)
  })

  await t.test('two gateways on one database publish everything once, in order for each order', async (t) => {
    const broker = await openBroker(t)
    const first = await openOwnShop(t, broker.settings)
    const second = await openOwnShop(t, { ...broker.settings, DATABASE_URL: first.url })
    await Promise.all([first, second, first, second].map(async (shop, n) => {
      for (let round = 0; round < 10; round++) {
        const id = await place(shop, n + 1)
        for (const status of ['paid', 'shipped']) {
          await (round % 2 ? first : second).call('PATCH', `/orders/${id}`, { status })
        }
      }
    }))
    await broker.arrived(120)
    // What they have under way, they finish.
    await Promise.all([first.app.close(), second.app.close()])
    t.equal(broker.received.length, 120, 'none twice')
    const got = byOrder(broker.received)
    for (const [id, rows] of Map.groupBy(await recorded(first), (row) => row.order_id)) {
      t.same(got.get(id), rows.map((row) => row.id))
    }
  })
})
