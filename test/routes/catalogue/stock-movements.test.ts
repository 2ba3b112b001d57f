import type { Sql } from 'postgres'
import t from 'tap'
import { lookAtLaws } from '../../../scripts/trials/laws.ts'
import { all } from '../../checks.ts'
import { openShop, userId } from '../../helper.ts'
import { place, times } from '../../placing.ts'

/** The movements of a product in their order, as [quantity, stock, reason, whether of an order, who]. */
const movementsOf = async (sql: Sql, product: number) => (await sql`
  select quantity, stock, reason, order_id is not null as of_order, changed_by
  from products.stock_movements where product_id = ${product} order by movement_id`)
  .map((row) => [row.quantity, row.stock, row.reason, row.of_order, row.changed_by])

const brokenOf = async (sql: Sql) => (await lookAtLaws(sql)).filter(({ broken }) => broken > 0)

t.test('each change of a stock is a movement, with who and why', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const by = (actor: string) => ({ 'x-actor': actor })
  const made = await call('POST', '/api/v1/products', { name: 'Quince', price_cents: 100, stock: 10 }, by('Ada'))
  const { id } = made.json
  const first = (await place(shop, 1, [{ product_id: id, quantity: 3 }], by('shop'))).json.data[0].order_id
  await call('POST', `/orders/${first}/items`, [{ product_id: id, quantity: 1 }], by('shop'))
  await call('PATCH', `/orders/${first}`, { status: 'cancelled' }, by('Bob'))
  const second = (await place(shop, 1, [{ product_id: id, quantity: 2 }])).json.data[0].order_id
  await call('PATCH', `/orders/${second}`, { status: 'failed' })
  const third = (await place(shop, 1, [{ product_id: id, quantity: 2 }], by('shop'))).json.data[0].order_id
  await call('DELETE', `/orders/${third}`)
  await call('PATCH', `/api/v1/products/${id}`, { stock: 4 }, by('Ada'))
  await call('PATCH', `/api/v1/products/${id}`, { stock: 4, name: 'Quinces' }, by('Eve'))
  await call('PATCH', `/api/v1/products/${id}`, { stock: null }, by('Ada'))
  await call('PATCH', `/api/v1/products/${id}`, { stock: 1 })
  await sql`update products.inventory set stock = 2 where product_id = ${id}`
  const [{ login }] = await sql<[{ login: string }]>`select session_user as login`
  t.same(await movementsOf(sql, id), [
    [10, 10, 'set', false, 'Ada'],
    [-3, 7, 'order_placed', true, 'shop'],
    [-1, 6, 'items_added', true, 'shop'],
    [4, 10, 'order_cancelled', true, 'Bob'],
    [-2, 8, 'order_placed', true, null],
    [2, 10, 'order_failed', true, null],
    // Who it was is forgotten with the order.
    [-2, 8, 'order_placed', true, null],
    [2, 10, 'order_deleted', true, null],
    [-6, 4, 'set', false, 'Ada'],
    [-4, 0, 'untracked', false, 'Ada'],
    [1, 1, 'set', false, null],
    [1, 2, 'other', false, login]
  ])
  const of = await sql`select distinct order_id from products.stock_movements where order_id = ${first}`
  t.equal(of.length, 1, 'an order’s are found by it')
  t.same(await brokenOf(sql), [])

  const before = await movementsOf(sql, 31)
  t.equal((await place(shop, 1, [{ product_id: 31, quantity: 6 }])).status, 409)
  t.equal((await place(shop, 1, [{ product_id: 31, quantity: 1 }], { prefer: 'tx=rollback' })).status, 201)
  await sql`update products.inventory set updated_at = now() where product_id = 31`
  t.same(await movementsOf(sql, 31), before, 'what did not happen, or changed no stock, is none')
})

t.test('stocks equal their movements whatever runs at once', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  await sql`update products.inventory set stock = 20 where product_id in (31, 32)`
  const answers = await times(30, async (n) => {
    if (n % 10 === 9) return await call('PATCH', '/api/v1/products/32', { stock: 15 + n % 4 })
    const placed = await place(shop, n % 3 + 1, [31, 32, 33].map((product) => ({ product_id: product })))
    const { order_id: id } = placed.json.data?.[0] ?? {}
    return id && n % 4 === 0 ? await call('PATCH', `/orders/${id}`, { status: 'cancelled' }) : placed
  })
  all(t, answers, ({ status }) => [200, 201, 409].includes(status), 'no fault')
  t.same(await brokenOf(sql), [])
})

t.test('old movements are folded into a balance, and the law goes on to hold', async (t) => {
  const { app, call, sql } = await openShop(t)
  const fold = async () => await app.catalogue.foldMovements(2)
  for (const stock of [9, 8, 7, 6]) await call('PATCH', '/api/v1/products/31', { stock })
  t.equal(await fold(), 0, 'what is younger stays')
  await sql`update products.stock_movements set moved_at = moved_at - interval '401 days'
    where product_id = 31 and stock <> 6`
  t.equal(await fold(), 2, 'as many at a time as are asked for')
  t.same(await brokenOf(sql), [])
  while (await fold() > 0);
  t.equal((await movementsOf(sql, 31)).length, 1)
  t.match(await sql`select stock from products.stock_balances where product_id = 31`, [{ stock: '7' }])
  t.same(await brokenOf(sql), [])
  await call('PATCH', '/api/v1/products/31', { stock: null })
  await sql`update products.stock_movements set moved_at = moved_at - interval '401 days'`
  while (await fold() > 0);
  t.same(await brokenOf(sql), [], 'also of a product that is not tracked any more')
})

t.test('erasing a person leaves the movements, without the person', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const me = { 'x-user-id': userId(1), 'x-user-email': 'user1@example.com' }
  const order = { items: [{ product_id: '31', quantity: 1 }] }
  const { json: kept } = await call('POST', '/api/orders', order, me)
  const { json: gone } = await call('POST', '/api/orders', order, me)
  t.match((await movementsOf(sql, 31)).at(-1), [-1, 3, 'order_placed', true, `user:${userId(1)}`])
  await call('DELETE', `/orders/${gone.id}`)
  await call('DELETE', `/users/${userId(1)}`, { password: 'password' })
  t.match((await movementsOf(sql, 31)).slice(-3), [
    [-1, 4, 'order_placed', true, 'customer'], [-1, 3, 'order_placed', true, null], [1, 4, 'order_deleted', true, null]
  ])
  t.equal((await sql`select from products.stock_movements where order_id = ${kept.id}`).length, 1)
  t.same(await brokenOf(sql), [])
})

t.test('/query does not read who moved a stock', async (t) => {
  const { call } = await openShop(t)
  t.equal((await call('POST', '/query', { sql: 'select * from products.stock_movements' })).status, 403)
  t.equal((await call('POST', '/query', { sql: 'select * from products.inventory' })).status, 200)
})
