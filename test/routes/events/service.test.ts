import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { until } from '../../checks.ts'
import { openOwnShop, openShop, refuses, userId, type Shop } from '../../helper.ts'

const place = async ({ call }: Shop, n = 1): Promise<number> =>
  Number((await call('POST', '/orders', { user_id: userId(n), items: [{ product_id: 1, quantity: 1 }] }))
    .json.data[0].order_id)
/** An event as anybody may record one, in a transaction of one's own. */
const record = async (sql: Shop['sql'], id: number) =>
  await sql`insert into orders.outbox (order_id, event_type, payload, published_at) values
    (${id}, 'order_created', '{"total": 1, "status": "pending", "occurred_at": "2026-01-01T00:00:00+00:00"}', now())`
const read = async ({ call }: Shop, query = '') => (await call('GET', `/events?${query}`)).json
const numbered = async ({ sql }: Shop) => await until(
  async () => (await sql`select from orders.outbox where sequence is null`).length === 0, 'all have their place')

t.test('what happens to an order is in the feed, without a broker, in the order in which it happened', async (t) => {
  const shop = await openShop(t)
  const id = await place(shop)
  await shop.call('PATCH', `/orders/${id}`, { status: 'paid' })
  await shop.call('PATCH', `/orders/${id}`, { status: 'cancelled' })
  await numbered(shop)
  const { events, next_cursor: next } = await read(shop)
  t.match(events, [
    {
      event_type: 'order_created',
      order_id: id,
      sequence: 1,
      user_email: 'user1@example.com',
      total: 1.99,
      status: 'pending',
      items: [{ product_id: 1, quantity: 1, price: 1.99 }]
    },
    { event_type: 'order_status_updated', status: 'paid', sequence: 2 },
    { event_type: 'order_cancelled', status: 'cancelled', sequence: 3 }
  ])
  t.strictSame([...await shop.sql`select message_id as id from orders.outbox order by id`].map(({ id }) => id).sort(),
    events.map((event: { id: string }) => event.id).sort(), 'by the ids of the outbox')
  t.strictSame(await read(shop, `after=${next}`), { events: [], next_cursor: next }, 'nothing is new')
  const first = await read(shop, 'limit=1')
  t.strictSame((await read(shop, `after=${first.next_cursor}&limit=2`)).events, events.slice(1))
  t.strictSame(
    [...await shop.sql`select from orders.outbox where payload ->> 'user_email' is not null`], [],
    'no address is kept where no broker will ever ask for it')
})

t.test('one that keeps its cursor sees each event once, also what was committed late', async (t) => {
  const shop = await openShop(t)
  const seen: number[] = []
  let cursor = ''
  const state = { isOver: false }
  const consuming = (async () => {
    while (!state.isOver || (await read(shop, cursor && `after=${cursor}`)).events.length > 0) {
      const page = await read(shop, `limit=7${cursor && `&after=${cursor}`}`)
      seen.push(...page.events.map((event: { order_id: number }) => event.order_id))
      cursor = page.next_cursor
    }
  })()
  // Of three, the first to begin is the last to commit.
  const writers = Array.from({ length: 12 }, async (_, n) => {
    await shop.sql.begin(async (sql) => {
      await record(sql as never, 1000 + n)
      if (n % 3 === 0) await sleep(60)
    })
  })
  // What runs for long elsewhere, and writes there, holds up nobody.
  const { promise: end, resolve: finish } = Promise.withResolvers<void>()
  const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
  const elsewhere = shop.app.database.asAdmin(async (sql) => {
    await sql.begin('isolation level repeatable read', async (long) => {
      await record(long as never, 5000)
      begin()
      await end
    })
  })
  await Promise.all([...writers, begun])
  await until(() => new Set(seen).size === 12, 'all that was committed is seen while another transaction goes on')
  finish()
  await elsewhere
  await until(() => seen.includes(5000), 'what it recorded comes last')
  state.isOver = true
  await consuming
  t.strictSame(seen.toSorted((a, b) => a - b), [...Array.from({ length: 12 }, (_, n) => 1000 + n), 5000], 'each once')
  t.equal(seen.at(-1), 5000)
})

t.test('with wait the response comes as soon as there is an event, and nobody holds a connection', async (t) => {
  const shop = await openOwnShop(t, { DATABASE_POOL_MAX: '4' })
  const { next_cursor: start } = await read(shop)
  const waiting = Array.from({ length: 20 }, async () => await read(shop, `after=${start}&wait=30`))
  const untilEvent = read(shop, 'wait=30')
  t.equal((await shop.call('GET', '/products?limit=1')).status, 200, 'others get their turn')
  const id = await place(shop)
  for (const { events } of [...await Promise.all(waiting), await untilEvent]) {
    t.match(events, [{ order_id: id }])
  }
  const { next_cursor: next } = await read(shop)
  const since = performance.now()
  t.strictSame(await read(shop, `after=${next}&wait=0.2`), { events: [], next_cursor: next })
  t.ok(performance.now() - since > 190, 'and with none, when its time is over')
})

t.test('who waits for events does not keep a gateway from ending', async (t) => {
  const shop = await openOwnShop(t)
  await shop.app.listen({ port: 0 })
  const { port } = shop.app.server.address() as AddressInfo
  const { next_cursor: next } = await read(shop)
  const waiting = fetch(`http://127.0.0.1:${port}/events?after=${next}&wait=30`)
  await once(shop.app.server, 'request')
  const since = performance.now()
  await shop.app.close()
  const response = await waiting
  t.strictSame([response.status, await response.json()], [200, { events: [], next_cursor: next }])
  t.ok(performance.now() - since < 15_000, 'not after its 30 s')
})

t.test('cursors are checked; one from before what is kept is told so', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  await place(shop)
  await numbered(shop)
  const { next_cursor: first } = await read(shop)
  const of = (text: string) => Buffer.from(text).toString('base64url')
  const [feed] = Buffer.from(first, 'base64url').toString().slice(1).split('.')
  for (const cursor of ['x', '1', `${first}!`, ` ${first}`, of(`e${feed}.-1`), of(`e${feed}.1.5`), of(`e${feed}.99`)]) {
    refuses(t, await call('GET', `/events?after=${encodeURIComponent(cursor)}`), 400, 'INVALID_CURSOR')
  }
  refuses(t, await call('GET', `/events?after=${of('e00000000.1')}`), 410, 'CURSOR_EXPIRED')
  for (const query of ['limit=0', 'limit=1001', 'wait=31', 'wait=-1', 'since=1']) {
    refuses(t, await call('GET', `/events?${query}`), 400, 'INVALID_INPUT')
  }
  await place(shop, 2)
  await place(shop, 3)
  await numbered(shop)
  const { next_cursor: last } = await read(shop)
  // Whoever does it: the release before, too.
  await sql`delete from orders.outbox where sequence = 2`
  refuses(t, await call('GET', `/events?after=${first}`), 410, 'CURSOR_EXPIRED')
  t.match(await read(shop), { events: [{ sequence: 3 }], next_cursor: last }, 'without one: from the oldest')
  await sql`delete from orders.outbox`
  t.strictSame(await read(shop, `after=${last}`), { events: [], next_cursor: last }, 'who has seen all goes on')
  t.strictSame(await read(shop), { events: [], next_cursor: last })
})

t.test('events are cleared after EVENT_RETENTION_DAYS, but not what somebody waits for', async (t) => {
  const shop = await openShop(t, { EVENT_RETENTION_DAYS: '2', WEBHOOK_PRIVATE_NETWORKS: 'true' })
  const { app, call, sql } = shop
  for (const n of [1, 2, 3, 4]) await place(shop, n)
  await numbered(shop)
  const hook = async (active: boolean) =>
    (await call('POST', '/api/v1/webhooks', { url: 'http://127.0.0.1:9/', active })).json.id
  const [on, off] = [await hook(true), await hook(false)]
  await sql`update gateway.webhooks set paused_until = 'infinity'`
  for (const [sequence, id] of [[2, on], [3, off]]) {
    await sql`insert into gateway.webhook_deliveries (webhook_id, event_id)
      select ${id!}, id from orders.outbox where sequence = ${sequence!}`
  }
  await sql`update orders.outbox set published_at = now() - interval '3 days' where sequence < 4`
  t.equal(await app.events.clearPublished(10), 2)
  t.strictSame([...await sql`select sequence::int from orders.outbox order by 1`].map((row) => row.sequence), [2, 4])
  t.strictSame([...await sql`select webhook_id::int as id from gateway.webhook_deliveries`], [{ id: on }],
    'a delivery goes with its event')
  t.match((await read(shop)).events, [{ sequence: 4 }], 'what is kept for somebody else is no part of the feed')
})
