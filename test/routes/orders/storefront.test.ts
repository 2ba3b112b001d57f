import t from 'tap'
import { openShop, refuses, userId } from '../../helper.ts'
import { BOSS, ORDER, tokenOf, upstream } from '../../people.ts'

const home = { street: '5 Elm Street', city: 'Bonn', state: 'NRW', zipCode: '53111', country: 'Germany' }

t.test('placing an order', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const ada = tokenOf(shop, 1)
  const placed = await call('POST', '/api/orders', {
    items: [{ product_id: '9', quantity: 2 }, { product_id: 33, quantity: 1 }, { product_id: '9', quantity: 1 }],
    shipping_address: { ...home, planet: 'Earth' },
    customer_notes: 'Ring twice',
    payment_method: 'card',
    status: 'paid',
    total: 0.01,
    tax: 0,
    discount: 60,
    payment_status: 'completed',
    internal_notes: 'vip',
    user_id: userId(2)
  }, ada)

  t.equal(placed.status, 201)
  const order = placed.json
  t.match(order, {
    order_number: /^ORD-\d{8}-[0-9A-HJKMNP-TV-Z]{6}$/,
    user_id: userId(1),
    user_email: 'user1@example.com',
    customer_email: 'user1@example.com',
    customer_name: 'User No1',
    status: 'pending',
    payment_status: 'pending',
    subtotal: 63.96,
    tax: 5.12,
    shipping_cost: 10,
    discount: 0,
    total: 79.08,
    payment_method: 'card',
    customer_notes: 'Ring twice',
    tracking_number: null,
    carrier: null,
    confirmed_at: null,
    shipped_at: null,
    delivered_at: null
  }, 'priced here, whatever the client says')
  t.strictSame(order.shipping_address, home, 'what is no address is left out')
  t.strictSame(order.billing_address, home, 'the bill goes where the goods go')
  t.strictSame(order.items.map(({ id, ...item }: any) => item), [{
    product_id: '9',
    product_name: 'Product 9',
    product_sku: 'SKU-9',
    product_image: 'https://example.com/9.png',
    unit_price: 9.99,
    price: 9.99,
    quantity: 3,
    subtotal: 29.97,
    product_attributes: null
  }, {
    product_id: '33',
    product_name: 'Product 33',
    product_sku: 'SKU-33',
    product_image: 'https://example.com/33.png',
    unit_price: 33.99,
    price: 33.99,
    quantity: 1,
    subtotal: 33.99,
    product_attributes: null
  }], 'a product twice counts once')
  t.equal(Object.keys(order)[0], 'id')
  t.notMatch(placed.text, /": |, "|internal_notes/, 'compact JSON, and no word of internal notes')
  t.match(placed.headers, { location: `/api/orders/${order.id}`, etag: /^"[0-9a-f]{32}"$/ })
  t.strictSame([...await sql`select stock from products.inventory where product_id = 33`], [{ stock: 999 }],
    'the stock is taken')

  for (const url of [
    `/api/orders/${order.id}`, `/api/orders/number/${order.order_number}`,
    `/api/orders/number/${order.order_number.toLowerCase()}`
  ]) {
    t.equal((await call('GET', url, undefined, ada)).text, placed.text, url)
  }
  const { json } = await call('GET', `/orders/${order.id}`)
  t.match(json.data[0], {
    total_price: 63.96,
    delivery_name: 'User No1',
    street_address: '5 Elm Street',
    city: 'Bonn',
    postal_code: '53111',
    country: 'Germany',
    status_history: [{ status: 'pending', note: 'Order created', changed_by: `user:${userId(1)}` }]
  }, 'the service API shows the same order')

  await sql`update products.product_enriched set price = 1, image_url = null where product_id = 9`
  await sql`update products.products set product_name = 'New', sku = 'NEW' where product_id = 9`
  await call('PUT', `/users/${userId(1)}`, { first_name: 'Ada' })
  t.equal((await call('GET', `/api/orders/${order.id}`, undefined, ada)).text, placed.text,
    'what was bought, at what price, by whom: as it was')
})

t.test('addresses', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  const place = async (addresses: object) => (await call('POST', '/api/orders', { ...ORDER, ...addresses },
    tokenOf(shop, 1))).json
  const own = { street: '1 Main Street', city: 'Springfield', state: null, zipCode: '10001', country: 'USA' }
  const none = { street: null, city: null, state: null, zipCode: null, country: null }

  t.match(await place({}), { shipping_address: own, billing_address: own }, 'none: the user’s own')
  t.match(await place({ shipping_address: null, billing_address: null }), {
    shipping_address: own, billing_address: own
  })
  t.match(await place({ billing_address: home }), { shipping_address: own, billing_address: home })
  const partly = await place({ shipping_address: { city: 'Bonn' } })
  t.strictSame(partly.shipping_address, { ...none, city: 'Bonn' }, 'an address is not mixed with another')
  t.match((await call('GET', `/orders/${partly.id}`)).json.data[0], {
    city: 'Bonn', street_address: null, country: null
  })
  refuses(t, await call('POST', '/api/orders', { ...ORDER, shipping_address: 'Bonn' }, tokenOf(shop, 1)), 400,
    'INVALID_INPUT')
  refuses(t, await call('POST', '/api/orders', { ...ORDER, shipping_address: { zipCode: 53111 } }, tokenOf(shop, 1)),
    400, 'INVALID_INPUT')
})

t.test('orders of the other faces are seen here, and the other way round', async (t) => {
  const shop = await openShop(t, { SELL_UNPRICED: 'true' })
  const { call } = shop
  const { json: { data: [placed] } } = await call('POST', '/orders', {
    user_id: userId(1), items: [{ product_id: 40 }, { product_id: 9 }], city: 'Paris'
  })
  const url = `/api/orders/${placed.order_id}`
  t.match((await call('GET', url, undefined, tokenOf(shop, 1))).json, {
    user_id: userId(1),
    subtotal: 9.99,
    tax: 0,
    shipping_cost: 0,
    total: 9.99,
    shipping_address: { street: '1 Main Street', city: 'Paris', zipCode: '10001' },
    items: [{ product_id: '40', price: null, unit_price: null, subtotal: 0 }, { product_id: '9' }]
  }, 'item prices only')
  for (const [status, time] of [
    ['confirmed', 'confirmed_at'], ['shipped', 'shipped_at'], ['delivered', 'delivered_at']
  ] as const) {
    await call('PATCH', `/orders/${placed.order_id}`, { status, tracking_number: 'T-1', shipping_carrier: 'UPS' })
    const { json } = await call('GET', url, undefined, tokenOf(shop, 1))
    t.match(json, { status, tracking_number: 'T-1', carrier: 'UPS', [time]: /^2/ })
  }

  const { json: mine } = await call('POST', '/api/orders', ORDER, tokenOf(shop, 1))
  t.equal((await call('GET', `/orders/user/${userId(1)}`)).json.total, 2)
  await call('PUT', `/api/orders/${mine.id}`, { status: 'shipped', tracking_number: 'T-2', carrier: 'DHL' }, {
    ...BOSS, 'x-actor': 'Bob'
  })
  t.match((await call('GET', `/orders/${mine.id}`)).json.data[0], {
    status: 'shipped',
    tracking_number: 'T-2',
    shipping_carrier: 'DHL',
    status_history: [{ status: 'pending' }, { status: 'shipped', changed_by: 'Bob' }]
  }, 'an admin may act for somebody')
  t.match((await call('GET', `/api/orders/${mine.id}`, undefined, BOSS)).json, { shipped_at: /^2/, confirmed_at: null })
})

t.test('what cannot be ordered', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const place = async (body: unknown) => await call('POST', '/api/orders', body, tokenOf(shop, 1))
  for (const items of [
    [], undefined, [{}], [{ product_id: '7' }], [{ product_id: '7', quantity: 0 }],
    [{ product_id: '7', quantity: '1' }],
    [{ product_id: 'x', quantity: 1 }], [{ product_id: '7 ', quantity: 1 }], [{ product_id: '-7', quantity: 1 }],
    [{ product_id: 7.5, quantity: 1 }],
    [{ product_id: null, quantity: 1 }], [{ product_id: '9999999999', quantity: 1 }],
    [{ product_id: 9999999999, quantity: 1 }], [{ product_id: '7', quantity: 1e7 }]
  ]) refuses(t, await place({ items }), 400, 'INVALID_INPUT')
  refuses(t, await place({ items: [{ product_id: '900', quantity: 1 }, { product_id: 7, quantity: 1 }] }), 400,
    'PRODUCTS_NOT_FOUND', 'Products not found: 900')
  refuses(t, await place({ items: [{ product_id: 32, quantity: 2 }] }), 409, 'INSUFFICIENT_STOCK',
    'Not enough stock: product 32 (Product 32), wanted 2, available 1')
  refuses(t, await place({ ...ORDER, customer_notes: 'x'.repeat(2001) }), 400, 'INVALID_INPUT')
  t.equal((await sql`select from orders.orders`).length, 0, 'nothing is left of them')
})

t.test('an Idempotency-Key makes one order, also when ten come at once from a caller who is new here', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const zoe = { ...upstream('zoe'), 'idempotency-key': 'k-1' }
  const answers = await Promise.all(Array.from({ length: 10 },
    async () => await call('POST', '/api/orders', ORDER, zoe)))
  t.equal(
    new Set(answers.map(({ status, text, headers }) => `${status} ${text} ${headers.etag} ${headers.location}`)).size, 1
  )
  t.equal(answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true').length, 9)
  t.match(answers[0], { status: 201, json: { user_id: 'zoe' } })
  t.equal((await call('POST', '/api/orders', ORDER, zoe)).text, answers[0]!.text, 'also now that she is known')
  t.equal((await sql`select from orders.orders`).length, 1)
  refuses(t, await call('POST', '/api/orders', { items: [{ product_id: 7, quantity: 2 }] }, zoe), 422,
    'IDEMPOTENCY_KEY_REUSED')

  const yan = await call('POST', '/api/orders', ORDER, { ...zoe, ...upstream('yan') })
  t.match(yan, { status: 201, json: { user_id: 'yan' } }, 'another caller’s key is another key')
  const own = await call('POST', '/api/orders', ORDER, { ...tokenOf(shop, 1), 'idempotency-key': 'k-1' })
  t.match(own, { status: 201, json: { user_id: userId(1) } })
  refuses(t,
    await call('POST', '/api/orders', { items: [{ product_id: 32, quantity: 2 }] },
      { ...zoe, 'idempotency-key': 'k-2' }),
    409, 'INSUFFICIENT_STOCK')
  refuses(t,
    await call('POST', '/api/orders', { items: [{ product_id: 32, quantity: 2 }] },
      { ...zoe, 'idempotency-key': 'k-2' }),
    409, 'INSUFFICIENT_STOCK')
})
