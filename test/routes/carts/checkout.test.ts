import postgres from 'postgres'
import t from 'tap'
import { until } from '../../checks.ts'
import { NOBODY, openShop, refuses, userId } from '../../helper.ts'

const url = `/carts/${userId(1)}`

t.test('checkout makes an order of the cart, at today’s price, and the cart is gone', async (t) => {
  const { call, sql } = await openShop(t, { SELL_UNPRICED: 'true' })
  await call('PUT', url, {
    items: [
      { product_id: 9, quantity: 2, reordered: 1 }, { product_id: 40, quantity: 1 }, { product_id: 33, quantity: 4 }
    ]
  })
  await sql`update products.product_enriched set price = 20 where product_id = 9`

  const placed = await call('POST', `${url}/checkout`, undefined, { 'x-actor': 'Ada' })
  t.match(placed, { status: 201, json: { success: true, message: 'Order created successfully' } })
  const [order] = placed.json.data
  t.equal(placed.headers.location, `/orders/${order.order_id}`)
  t.match(order, {
    user_id: userId(1),
    order_number: 1,
    status: 'pending',
    total_items: 3,
    total_quantity: 7,
    total_price: 175.96,
    delivery_name: 'User No1',
    phone_number: '555-0001',
    street_address: '1 Main Street',
    city: 'Springfield',
    postal_code: '10001',
    country: 'USA',
    status_history: [{ status: 'pending', note: 'Order created', changed_by: 'Ada' }]
  }, 'delivered to the user’s own address')
  t.strictSame(
    order.items.map(
      (item: any) => [item.product_id, item.quantity, item.add_to_cart_order, item.reordered, item.price]
    ),
    [[9, 2, 1, 1, 20], [40, 1, 2, 0, null], [33, 4, 3, 0, 33.99]], 'the cart’s lines in the cart’s order'
  )
  t.strictSame((await call('GET', `/orders/${order.order_id}`)).json.data, [order])

  t.equal((await call('GET', url)).json.cart_id, null, 'the cart is gone')
  t.strictSame([...await sql`select stock from products.inventory where product_id = 33`], [{ stock: 996 }],
    'the stock is taken')
  refuses(t, await call('POST', `${url}/checkout`), 400, 'CART_EMPTY', 'Cart is empty')
})

t.test('the body may say where the order goes', async (t) => {
  const { call } = await openShop(t)
  await call('PUT', url, { items: [{ product_id: 1, quantity: 1 }] })
  const placed = await call('POST', `${url}/checkout`, {
    delivery_name: 'Grace Hopper',
    city: 'Arlington',
    postal_code: null,
    status: 'paid',
    items: [{ product_id: 2, quantity: 50 }],
    user_id: userId(2)
  })
  t.match(placed.json.data[0], {
    user_id: userId(1),
    status: 'pending',
    total_quantity: 1,
    delivery_name: 'Grace Hopper',
    city: 'Arlington',
    postal_code: '10001',
    street_address: '1 Main Street'
  }, 'what is missing is the user’s own; what is no delivery field is ignored')

  await call('PUT', url, { items: [{ product_id: 1, quantity: 1 }] })
  const faulty = await call('POST', `${url}/checkout`, { city: 7 })
  refuses(t, faulty, 400, 'INVALID_INPUT')
  t.match(faulty.json.errors, [{ field: 'city' }])
  const json = { 'content-type': 'application/json' }
  t.equal((await call('POST', `${url}/checkout`, '', json)).status, 201,
    'an empty body of a client that always says JSON')
  await call('PUT', url, { items: [{ product_id: 1, quantity: 1 }] })
  t.equal((await call('POST', `${url}/checkout`, {})).status, 201, 'an empty object')
})

t.test('a checkout that cannot be leaves everything as it was', async (t) => {
  const { call, sql } = await openShop(t)
  refuses(t, await call('POST', `${url}/checkout`), 400, 'CART_EMPTY', 'Cart is empty')
  await call('PUT', url, { items: [] })
  refuses(t, await call('POST', `${url}/checkout`), 400, 'CART_EMPTY', 'Cart is empty')
  refuses(t, await call('POST', `/carts/${NOBODY}/checkout`), 404, 'USER_NOT_FOUND', 'User not found')
  refuses(t, await call('POST', '/carts/me/checkout'), 400, 'INVALID_USER_ID', 'Invalid user ID format')

  const cart = await call('PUT', url, {
    items: [{ product_id: 33, quantity: 1 }, { product_id: 31, quantity: 6 }, { product_id: 1, quantity: 1 }]
  })
  refuses(t, await call('POST', `${url}/checkout`), 409, 'INSUFFICIENT_STOCK',
    'Not enough stock: product 31 (Product 31), wanted 6, available 5')
  const after = await call('GET', url)
  t.strictSame([after.json, after.headers.etag], [cart.json, cart.headers.etag], 'the cart is as it was')
  t.strictSame([...await sql`select stock from products.inventory order by product_id`.values()], [[5], [1], [1000]],
    'no stock is taken')
  t.equal((await sql`select from orders.orders`).length, 0)

  await call('PUT', `${url}/items/31`, { quantity: 5 })
  t.match((await call('POST', `${url}/checkout`)).json.data[0], { order_number: 1 },
    'the refused one used up no number')
})

t.test('twenty checkouts at once make one order', async (t) => {
  const { call, sql } = await openShop(t)
  await call('PUT', url, { items: [{ product_id: 33, quantity: 10 }] })
  const answers = await Promise.all(Array.from({ length: 20 }, async () => await call('POST', `${url}/checkout`)))
  t.strictSame(answers.map(({ status }) => status).sort(), [201, ...Array(19).fill(400)])
  t.strictSame(new Set(answers.map(({ json }) => json.code)), new Set([undefined, 'CART_EMPTY']),
    'the others find no cart')
  t.equal((await sql`select from orders.orders`).length, 1)
  t.strictSame([...await sql`select stock from products.inventory where product_id = 33`.values()], [[990]])
})

t.test('an item that is added while a checkout runs is in the order or in the next cart', async (t) => {
  const { call, sql } = await openShop(t)
  const answers = await Promise.all(Array.from({ length: 60 }, async (_, n) => n % 6 === 5
    ? await call('POST', `${url}/checkout`)
    : await call('POST', `${url}/items`, { product_id: n % 4 + 1, quantity: 1 })))
  t.strictSame(answers.filter(({ status, json }) => ![200, 201].includes(status) && json.code !== 'CART_EMPTY')
    .map(({ text }) => text), [])
  const [ordered] =
    await sql<{ quantity: number }[]>`select coalesce(sum(quantity), 0)::int as quantity from orders.order_items`
  t.equal(ordered!.quantity + (await call('GET', url)).json.total_quantity, 50, 'none is lost, none is there twice')
})

t.test('a cart made anew while a checkout waits for the old one keeps what is put into it', async (t) => {
  const { call, sql, url: database } = await openShop(t)
  const other = postgres(database, { max: 2 })
  t.teardown(async () => { await other.end({ timeout: 5 }) })
  const waiting = async () => (await sql<{ n: number }[]>`
    select count(*)::int as n from pg_stat_activity
    where wait_event_type = 'Lock' and datname = current_database()`)[0]!.n
  await call('PUT', url, { items: [{ product_id: 1, quantity: 1 }] })
  const [cartTaken, stockTaken] = [await other.reserve(), await other.reserve()]
  await cartTaken`begin`
  await cartTaken`select from orders.carts for update`
  await stockTaken`begin`
  await stockTaken`select from products.inventory where product_id = 33 for update`

  let isAnswered = false
  const checkout = call('POST', `${url}/checkout`).finally(() => { isAnswered = true })
  await until(async () => await waiting() === 1, 'the checkout waits for the cart')
  await cartTaken`delete from orders.carts`
  const [{ cart_id: cart }] = await cartTaken<[{ cart_id: number }]>`
    insert into orders.carts (user_id) values (1) returning cart_id`
  await cartTaken`
    insert into orders.cart_items (cart_id, product_id, quantity, add_to_cart_order) values (${cart}, 33, 2, 1)`
  await cartTaken`commit`
  // An order of the new cart, which the checkout has not locked, would wait for the stock here.
  await until(async () => isAnswered || await waiting() === 1, 'the checkout sees what has become of the cart')
  const added = await call('POST', `${url}/items`, { product_id: 1, quantity: 5 })
  await stockTaken`commit`
  t.equal(added.status, 200)
  await checkout
  const [kept] = await sql<{ n: number }[]>`
    select (select coalesce(sum(quantity), 0) from orders.order_items)::int +
      (select coalesce(sum(quantity), 0) from orders.cart_items)::int as n`
  t.equal(kept!.n, 7, 'nothing is lost')
  cartTaken.release()
  stockTaken.release()
})

t.test('a checkout with an Idempotency-Key is answered again after its cart is gone', async (t) => {
  const { call, sql } = await openShop(t)
  const key = { 'idempotency-key': 'checkout-1' }
  await call('PUT', url, { items: [{ product_id: 33, quantity: 2 }] })
  const first = await call('POST', `${url}/checkout`, { city: 'Paris' }, key)
  t.equal(first.status, 201)
  t.equal(first.headers['idempotency-replayed'], undefined)
  const second = await call('POST', `${url}/checkout`, { city: 'Paris' }, key)
  t.match(second, {
    status: 201, headers: { 'idempotency-replayed': 'true', location: first.headers.location, etag: first.headers.etag }
  })
  t.equal(second.text, first.text, 'the same status and body')
  t.equal((await sql`select from orders.orders`).length, 1)

  await call('PUT', url, { items: [{ product_id: 33, quantity: 3 }] })
  t.equal((await call('POST', `${url}/checkout`, { city: 'Paris' }, key)).text, first.text,
    'also when there is a new cart')
  t.equal((await call('GET', url)).json.total_quantity, 3, 'which stays')
  refuses(t, await call('POST', `${url}/checkout`, { city: 'Rome' }, key), 422, 'IDEMPOTENCY_KEY_REUSED')
  refuses(t, await call('POST', `/carts/${userId(2)}/checkout`, { city: 'Paris' }, key), 422, 'IDEMPOTENCY_KEY_REUSED')

  const answers = await Promise.all(Array.from({ length: 20 }, async () =>
    await call('POST', `${url}/checkout`, undefined, { 'idempotency-key': 'checkout-2' })))
  t.strictSame(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1, 'twenty at once get one answer')
  t.equal(answers[0]!.status, 201)
  t.equal(answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true').length, 19,
    'nineteen of them the second time')
  t.equal((await sql`select from orders.orders`).length, 2)
})
