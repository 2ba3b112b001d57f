import t from 'tap'
import { INVARIANTS } from '../../../routes/operations/invariants.ts'
import { lookAtLaws } from '../../../scripts/trials/laws.ts'
import { all } from '../../checks.ts'
import { lines, openOwnShop, openShop, refuses, userId, type Shop } from '../../helper.ts'
import { settleAll } from '../../settle.ts'

/** A shop in which something of everything has happened. */
async function fill ({ sql, call, app }: Shop, headers: Record<string, string> = {}): Promise<void> {
  await sql`insert into products.inventory (product_id, stock) values (1, 100), (2, 1)`
  await sql`insert into gateway.event_publishers (queue, last_seen) values ('orders', now())`
  await sql`update users.users set order_notifications_via_email = true, order_notifications_next_scheduled_time = now()
    where id = 1`
  const place = async (user: number, product: number, key: string) => (await call('POST', '/orders', {
    user_id: userId(user), items: [{ product_id: product }, { product_id: 3, quantity: 2 }]
  }, { ...headers, 'idempotency-key': key })).json.data[0].order_id
  const [first, second] = [await place(1, 1, 'one'), await place(1, 2, 'two')]
  await place(2, 1, 'three')
  await call('PATCH', `/orders/${first}`, { status: 'paid' }, headers)
  await call('PATCH', `/orders/${first}`, { status: 'shipped' }, headers)
  await call('PATCH', `/orders/${second}`, { status: 'cancelled' }, headers)
  // With tax and shipping of its own.
  await call('POST', '/api/orders', { items: [{ product_id: '1', quantity: 2 }] }, {
    'x-user-id': 'somebody', 'x-user-email': 'somebody@example.com', 'x-user-role': 'customer'
  })
  await app.notifications.remind(10)
  await settleAll(sql)
}

/** How each law is broken, by those who get round constraints and triggers, and what is then said of it. */
const BREAKS: [invariant: string, how: string, about: RegExp][] = [
  ['order-totals', 'update orders.order_items set price = price + 1 where product_id = 1', /^order \d+/],
  ['order-totals', 'update orders.orders set tax = tax + 1, discount = 0 where tax_rate is not null', /^order \d+/],
  ['order-totals', 'delete from orders.order_items where product_id = 2', /^order \d+/],
  ['stock', 'alter table products.inventory drop constraint inventory_stock_check; ' +
    'insert into products.stock_movements (product_id, quantity, stock, reason, moved_at) ' +
    "select 1, -1 - stock, -1, 'other', now() from products.inventory where product_id = 1; " +
    'update products.inventory set stock = -1 where product_id = 1', /^product 1/],
  ['stock', 'update orders.order_items set stock_taken = 1 where order_id in (select id from orders.orders ' +
    "where status = 'cancelled')", /^order \d+, product [23]/],
  ['stock-movements', 'update products.inventory set stock = stock + 1 where product_id = 1', /^product 1: /],
  ['stock-movements', 'delete from products.inventory where product_id = 1', /^product 1: /],
  ['stock-movements', 'update products.stock_movements set quantity = quantity - 1 where order_id is not null and ' +
    'product_id = 1', /^product 1, movement \d+: /],
  ['stock-movements', 'delete from products.stock_movements where order_id is null and product_id = 1',
    /^product 1, movement \d+: /],
  ['stock-movements', 'insert into products.stock_balances values (2, 7)', /^product 2, movement \d+: /],
  ['order-numbers', 'alter table orders.orders drop constraint orders_user_order_number_key; ' +
    'update orders.orders set order_number = 1 where user_id = 1', /^user 1/],
  ['order-numbers', 'update users.users set last_order_number = 1 where id = 1', /^user 1/],
  ['status-history', "delete from orders.order_status_history where status = 'pending'", /^order \d+/],
  ['status-history', "update orders.order_status_history set status = 'refunded' where status = 'paid'", /^order \d+/],
  ['status-history', "delete from orders.order_status_history where status = 'shipped'", /^order \d+/],
  ['status-history', 'delete from orders.order_status_history', /^order \d+/],
  ['day-totals', "update orders.order_totals set orders = orders + 1 where status = 'shipped'",
    /^\d{4}-\d\d-\d\d shipped/],
  ['day-totals', "delete from orders.order_totals where status = 'cancelled'", /^\d{4}-\d\d-\d\d cancelled/],
  ['day-totals', "insert into orders.order_month_totals values ('2026-01-01', 'paid', 1, 1, 1)", /^2026-01 paid/],
  ['product-totals', 'update orders.product_totals set total_price = total_price + 0.01 where product_id = 3 and ' +
    "status = 'shipped'", /^product 3 \d{4}-\d\d shipped/],
  ['product-totals', "delete from orders.product_totals where product_id = 1 and status = 'shipped'",
    /^product 1 \d{4}-\d\d shipped/],
  ['counts', 'update users.user_counts set users = users + 1', /^users/],
  ['counts', 'update products.product_counts set products = products - 1', /^products of department /],
  ['counts', 'insert into products.sold_out values (1)', /^product 1/],
  ['emails', 'alter table gateway.emails drop constraint emails_user_id_due_at_key; ' +
    'insert into gateway.emails (user_id, due_at) select user_id, due_at from gateway.emails where due_at is not null',
  /^email of user 1 for the reminder at /],
  ['emails', 'alter table gateway.emails drop constraint emails_reminder_fkey; ' +
    'alter table users.reminders drop constraint reminders_pkey; ' +
    'insert into users.reminders select * from users.reminders', /^reminder of user 1 at /],
  ['emails', 'alter table gateway.emails drop constraint emails_history_id_key; ' +
    'insert into gateway.emails (user_id, history_id) select 1, history_id from gateway.emails ' +
    'where history_id is not null',
  /^email for the entry \d+ of an order's history/],
  ['events', "update orders.outbox set occurred_at = '2020-01-01'", /^order \d+/],
  ['events', "update orders.outbox set event_type = 'order_created' where event_type = 'order_cancelled'",
    /^order \d+/],
  ['idempotency-keys', 'insert into gateway.idempotency_keys (caller, key, request_hash, order_id) ' +
    "select caller, 'four', 'hash', order_id from gateway.idempotency_keys where key = 'one'", /^keys of order \d+/],
  ['idempotency-keys', 'alter table gateway.idempotency_keys drop constraint idempotency_keys_pkey; ' +
    "update gateway.idempotency_keys set caller = 'one', key = 'key'", /^a key with the orders \d+, \d+/]
]

t.test('each law holds whatever callers do, and is named when it is broken', async (t) => {
  const shop = await openShop(t)
  await fill(shop)
  t.strictSame((await lookAtLaws(shop.sql)).filter(({ broken }) => broken > 0), [], 'what callers do breaks none')
  t.strictSame([...new Set(BREAKS.map(([invariant]) => invariant))].sort(), INVARIANTS, 'each is tried here')

  const undone = new Error('undone')
  for (const [invariant, how, about] of BREAKS) {
    await t.test(`${invariant}: ${how}`, async (t) => await shop.sql.begin(async (sql) => {
      await sql`set local session_replication_role = replica`
      await sql.unsafe(how).simple()
      const broken = (await lookAtLaws(sql)).filter((finding) => finding.broken > 0)
      t.strictSame(broken.map((finding) => finding.invariant), [invariant])
      all(t, broken.flatMap(({ examples }) => examples), (example) => about.test(example), 'what breaks it')
      throw undone
    }).catch((error) => { if (error !== undone) throw error }))
  }
})

t.test('GET /api/v1/invariants, the metric and the log name what is broken', async (t) => {
  const log = lines()
  const shop = await openOwnShop(t, { ADMIN_API_KEYS: 'admin-key', API_KEYS: 'a-key', LOG_LEVEL: 'error' }, log)
  const { sql, call } = shop
  await fill(shop, { 'x-api-key': 'a-key' })
  const metric = async () => [...(await call('GET', '/metrics', undefined, { 'x-api-key': 'a-key' })).text
    .matchAll(/^db_service_invariants_broken\{invariant="([\w-]+)"\} (\d)$/gm)].map(([, name, value]) => [name, value])
  t.same(await metric(), [], 'nobody has looked yet')

  const path = '/api/v1/invariants'
  refuses(t, await call('GET', path), 401, 'NOT_IDENTIFIED')
  const calm = await call('GET', path, undefined, { 'x-api-key': 'admin-key' })
  t.match(calm, { status: 200, json: { broken: 0 } })
  t.strictSame(calm.json.invariants.map(({ invariant }: { invariant: string }) => invariant), INVARIANTS)
  all(t, calm.json.invariants, ({ broken, checked_at: at, law }: { broken: number, checked_at: string, law: string }) =>
    broken === 0 && Date.parse(at) > 0 && /^[A-Z]/.test(law), 'each was looked at')
  t.strictSame(await metric(), INVARIANTS.map((name) => [name, '0']))

  await sql`update orders.order_items set price = price + 1 where product_id = 1`
  t.match((await call('GET', path, undefined, { 'x-api-key': 'admin-key' })).json, { broken: 0 },
    'a look lasts a minute')
  await shop.app.invariants.check()
  const { json } = await call('GET', path, undefined, { 'x-api-key': 'admin-key' })
  t.equal(json.broken, 1)
  t.match(json.invariants.find(({ invariant }: { invariant: string }) => invariant === 'order-totals'),
    { broken: 3, examples: [{ about: /^order \d+$/ }, {}, {}] })
  t.strictSame((await metric()).filter(([, value]) => value !== '0'), [['order-totals', '1']])
  t.match(log.text(), /"invariant":"order-totals".*a law is broken/)
})

t.test('old orders have their turn month by month; what is broken there is looked at each time until it is mended',
  async (t) => {
    const shop = await openShop(t)
    const { sql, app } = shop
    await fill(shop)
    const [{ id }] = await sql<[{ id: number }]>`select min(id)::int as id from orders.orders`
    await sql`update orders.orders set created_at = now() - interval '4 months' where id = ${id}`
    await sql`update orders.order_items set ordered_at = now() - interval '4 months' where order_id = ${id}`
    const state = async () => (await app.invariants.list()).invariants.find((one) => one.invariant === 'order-totals')!
    const months = 5
    for (let n = 0; n < months; n++) await app.invariants.check()
    t.equal((await state()).broken, 0)
    const since = (await state()).complete_since!

    await sql.begin(async (sql) => {
      await sql`set local session_replication_role = replica`
      await sql`update orders.orders set total_price = total_price + 1 where id = ${id}`
    })
    let looks = 0
    for (; (await state()).broken === 0 && looks <= months; looks++) await app.invariants.check()
    t.ok(looks <= months, `found at look ${looks} of ${months} months`)
    for (let n = 0; n < months; n++) await app.invariants.check()
    t.match(await state(), { broken: 1, examples: [{ about: `order ${id}` }] }, 'it stays')
    t.ok((await state()).complete_since! > since, 'and all others have had their turn')
    await sql.begin(async (sql) => {
      await sql`set local session_replication_role = replica`
      await sql`update orders.orders set total_price = total_price - 1 where id = ${id}`
    })
    await app.invariants.check()
    t.equal((await state()).broken, 0, 'the next look sees that it is mended')
  })

t.test('a product that is tracked anew owes nothing to orders from before', async (t) => {
  const { sql, call } = await openShop(t)
  await call('PATCH', '/api/v1/products/1', { stock: 5 })
  const { json } = await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1, quantity: 2 }] })
  await call('PATCH', '/api/v1/products/1', { stock: null })
  t.equal((await call('PATCH', `/orders/${json.data[0].order_id}`, { status: 'cancelled' })).status, 200)
  await call('PATCH', '/api/v1/products/1', { stock: 7 })
  t.strictSame((await lookAtLaws(sql)).filter(({ broken }) => broken > 0), [])
  t.equal((await call('GET', '/api/v1/products/1')).json.stock, 7)
})
