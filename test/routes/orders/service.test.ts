import t from 'tap'
import { NOBODY, openShop, refuses, userId } from '../../helper.ts'

const one = [{ product_id: 1, quantity: 1 }]
const order = (user: string, items: unknown = one, more = {}) => ({ user_id: user, items, ...more })

t.test('POST /orders fills in what is not sent', async (t) => {
  const { call, sql } = await openShop(t, { SELL_UNPRICED: 'true' })
  const before = new Date()
  const placed = await call('POST', '/orders',
    order(userId(1), [{ product_id: 7 }, { product_id: 5, quantity: 3 }, { product_id: 40, quantity: 2 }]))
  const after = new Date()
  t.match(placed, { status: 201, json: { success: true, message: 'Order created successfully' } })
  t.strictSame(Object.keys(placed.json), ['success', 'message', 'data'], 'order answers come in an envelope')
  t.equal(placed.json.data.length, 1)
  const [made] = placed.json.data
  t.match(made.order_id, /^\d+$/, 'the id is text')
  t.ok(Number(made.order_id) >= 3_422_000, 'from 3422000 up')
  t.equal(placed.headers.location, `/orders/${made.order_id}`)
  t.ok([before, after].some((moment) => moment.getUTCDay() === made.order_dow),
    'the day from the clock, in UTC, 0 is Sunday')
  t.ok([before, after].some((moment) => moment.getUTCHours() === made.order_hour_of_day), 'and the hour')
  t.match(made, {
    user_id: userId(1),
    order_number: 1,
    days_since_prior_order: null,
    status: 'pending',
    total_items: 3,
    total_quantity: 6,
    total_price: 25.96,
    delivery_name: 'User No1',
    phone_number: '555-0001',
    street_address: '1 Main Street',
    city: 'Springfield',
    postal_code: '10001',
    country: 'USA',
    tracking_number: null,
    shipping_carrier: null,
    tracking_url: null,
    invoice: null
  }, 'name, phone and address are the user’s')
  t.strictSame(made.items[1], {
    product_id: 5,
    product_name: 'Product 5',
    quantity: 3,
    add_to_cart_order: 2,
    reordered: 0,
    price: 5.99,
    description: 'About product 5',
    image_url: 'https://example.com/5.png',
    department_name: 'produce',
    aisle_name: 'bread'
  })
  t.strictSame(made.items.map((item: any) => [item.product_id, item.quantity, item.add_to_cart_order, item.price]),
    [[7, 1, 1, 7.99], [5, 3, 2, 5.99], [40, 2, 3, null]], 'the position from the place in the list, the quantity is 1')
  t.match(made.status_history, [
    { order_id: made.order_id, status: 'pending', changed_at: made.created_at, changed_by: null, note: 'Order created' }
  ])
  t.equal(made.status_history.length, 1)
  const read = await call('GET', `/orders/${made.order_id}`)
  t.strictSame(read.json, {
    success: true, message: `Order ${made.order_id} details retrieved successfully`, data: [made]
  })
  t.equal(read.headers.etag, placed.headers.etag)

  await sql`update orders.orders set created_at = created_at - interval '3 days 5 hours' where id = ${made.order_id}`
  const [second] = (await call('POST', '/orders', order(userId(1)))).json.data
  t.match(second, { order_number: 2, days_since_prior_order: 3 }, 'days since the user’s previous order')
  t.match((await call('POST', '/orders/', order(userId(2)))).json.data,
    [{ order_number: 1, days_since_prior_order: null }], 'not another’s')
})

t.test('POST /orders keeps what is sent', async (t) => {
  const { call } = await openShop(t)
  const sent = {
    order_dow: 0,
    order_hour_of_day: 23,
    days_since_prior_order: 12.5,
    delivery_name: 'Zoë O’Neil <b>',
    phone_number: '',
    street_address: '2 Elm\\n',
    city: 'Łódź',
    postal_code: '90-001',
    country: 'Polska',
    tracking_number: 'T-1',
    shipping_carrier: 'DHL',
    tracking_url: 'https://example.com/T-1'
  }
  const placed = await call('POST', '/orders', order(userId(1), [
    { product_id: 3, quantity: 1, add_to_cart_order: 9, reordered: 1 },
    { product_id: 4, quantity: 1, add_to_cart_order: 2 }
  ], {
    ...sent,
    status: 'delivered',
    total_price: 0.01,
    order_number: 77,
    eval_set: 'prior',
    order_id: '1',
    created_at: '2001-01-01'
  }))
  t.equal(placed.status, 201)
  const [made] = placed.json.data
  t.match(made, { ...sent, status: 'pending', total_price: 8.98, order_number: 1 },
    'but status, totals and number are not the caller’s')
  t.not(made.order_id, '1')
  t.strictSame(made.items.map((item: any) => [item.product_id, item.add_to_cart_order, item.reordered]),
    [[4, 2, 0], [3, 9, 1]], 'positions too')
  t.ok(Math.abs(Date.parse(made.created_at) - Date.now()) < 10_000)

  const nothing = {
    order_dow: null,
    order_hour_of_day: null,
    days_since_prior_order: null,
    delivery_name: null,
    city: null,
    tracking_number: null
  }
  const [filled] = (await call('POST', '/orders',
    order(userId(2), [{ product_id: 1, quantity: null, add_to_cart_order: null, reordered: null }], nothing))).json.data
  t.match(filled,
    { delivery_name: 'User No2', city: 'Springfield', items: [{ quantity: 1, add_to_cart_order: 1, reordered: 0 }] },
    'null is not sent')

  const [twice] = (await call('POST', '/orders', order(userId(3), [
    { product_id: 2, quantity: 2 }, { product_id: 1 }, { product_id: 2, quantity: 3, reordered: 1 }, { product_id: 1 }
  ]))).json.data
  t.match(twice, { total_items: 2, total_quantity: 7 }, 'a product twice counts once')
  t.strictSame(twice.items.map((item: any) => [item.product_id, item.quantity, item.add_to_cart_order]),
    [[2, 5, 1], [1, 2, 2]], 'quantities summed, at its first place')
})

t.test('an order that cannot be is refused, all or nothing', async (t) => {
  const { call, sql } = await openShop(t)
  refuses(t, await call('POST', '/orders', order(NOBODY)), 404, 'USER_NOT_FOUND', 'User not found')
  refuses(t, await call('POST', '/orders', order('7')), 400, 'INVALID_USER_ID', 'Invalid user ID format')
  refuses(t,
    await call('POST', '/orders',
      order(userId(1), [{ product_id: 500 }, { product_id: 1 }, { product_id: 41 }, { product_id: 500 }])),
    400, 'PRODUCTS_NOT_FOUND', 'Products not found: 41, 500')
  refuses(t,
    await call('POST', '/orders',
      order(userId(1), [{ product_id: 33, quantity: 5 }, { product_id: 32, quantity: 2 }, { product_id: 1 }])),
    409, 'INSUFFICIENT_STOCK', 'Not enough stock: product 32 (Product 32), wanted 2, available 1')
  refuses(t,
    await call('POST', '/orders',
      order(userId(1), [
        { product_id: 32, quantity: 2 }, { product_id: 31, quantity: 3 }, { product_id: 31, quantity: 3 }
      ])),
    409, 'INSUFFICIENT_STOCK',
    'Not enough stock: product 31 (Product 31), wanted 6, available 5, product 32 (Product 32), wanted 2, available 1')
  refuses(t, await call('POST', '/orders', order(userId(1), [1, 1].map(() => ({ product_id: 1, quantity: 600_000 })))),
    400, 'INVALID_QUANTITY')
  t.strictSame([...await sql`select stock from products.inventory order by product_id`.values()], [[5], [1], [1000]],
    'no stock was taken')
  for (const table of ['orders', 'order_items', 'order_status_history', 'order_totals']) {
    t.equal((await sql`select from orders.${sql(table)}`).length, 0, `nothing is left in ${table}`)
  }

  const faults: [string, object][] = [
    ['items', order(userId(1), [])], ['items', { user_id: userId(1) }], ['user_id', { items: one }],
    ['items', order(userId(1), 'all')],
    ['items.0.product_id', order(userId(1), [{ quantity: 1 }])],
    ['items.0.product_id', order(userId(1), [{ product_id: '1' }])],
    ['items.1.quantity', order(userId(1), [{ product_id: 1 }, { product_id: 2, quantity: 0 }])],
    ['items.0.quantity', order(userId(1), [{ product_id: 1, quantity: 1.5 }])],
    ['items.0.quantity', order(userId(1), [{ product_id: 1, quantity: 1e30 }])],
    ['items.0.reordered', order(userId(1), [{ product_id: 1, reordered: 2 }])],
    ['items.0.add_to_cart_order', order(userId(1), [{ product_id: 1, add_to_cart_order: -1 }])],
    ['order_dow', order(userId(1), one, { order_dow: 7 })], ['order_dow', order(userId(1), one, { order_dow: -1 })],
    ['order_hour_of_day', order(userId(1), one, { order_hour_of_day: 24 })],
    ['days_since_prior_order', order(userId(1), one, { days_since_prior_order: -0.5 })],
    ['days_since_prior_order', order(userId(1), one, { days_since_prior_order: '3' })],
    ['city', order(userId(1), one, { city: 5 })], ['delivery_name', order(userId(1), one, { delivery_name: 'a\0b' })],
    ['tracking_number', order(userId(1), one, { tracking_number: 'x'.repeat(256) })]
  ]
  for (const [field, body] of faults) {
    const refused = await call('POST', '/orders', body)
    refuses(t, refused, 400, 'INVALID_INPUT')
    t.ok(refused.json.errors.some((fault: any) => fault.field === field),
      `names ${field}: ${JSON.stringify(refused.json.errors)}`)
  }
  t.match((await call('POST', '/orders', order(userId(1)))).json.data, [{ order_number: 1 }],
    'refused orders use up no number')
})

t.test('an order takes stock, of tracked products only', async (t) => {
  const { call, sql } = await openShop(t)
  const placed = await call('POST', '/orders', order(userId(1), [
    { product_id: 31, quantity: 2 }, { product_id: 1, quantity: 1000 }, { product_id: 31, quantity: 3 },
    { product_id: 32, quantity: 1 }
  ]))
  t.equal(placed.status, 201)
  t.strictSame([...await sql`select product_id, stock from products.inventory order by 1`.values()],
    [[31, 0], [32, 0], [33, 1000]], 'to the last one')
  refuses(t, await call('POST', '/orders', order(userId(2), [{ product_id: 32 }])), 409, 'INSUFFICIENT_STOCK',
    'Not enough stock: product 32 (Product 32), wanted 1, available 0')
})

t.test('price, name and picture of an order outlive changes of the catalogue', async (t) => {
  const { call, sql } = await openShop(t, { SELL_UNPRICED: 'true' })
  const placed = await call('POST', '/orders', order(userId(1), [{ product_id: 1, quantity: 2 }, { product_id: 40 }]))
  const [before] = placed.json.data
  await sql`update products.product_enriched set price = 99, image_url = 'https://example.com/new.png'
    where product_id = 1`
  await sql`insert into products.product_enriched (product_id, price) values (40, 5)`
  await sql`update products.products set product_name = 'Renamed', sku = 'NEW-' || product_id
    where product_id in (1, 40)`
  const [after] = (await call('GET', `/orders/${before.order_id}`)).json.data
  t.strictSame(after, before)
  t.match(after.items[0], { price: 1.99, product_name: 'Product 1', image_url: 'https://example.com/1.png' })
  t.strictSame([...await sql`select product_sku from orders.order_items order by product_id`.values()],
    [['SKU-1'], ['SKU-40']], 'the SKU too')
  t.match((await call('GET', '/orders?product_id=1')).json.data[0].items[0], { price: 1.99 }, 'in lists too')

  await sql`update users.users set first_name = 'Other', city = 'Elsewhere' where id = 1`
  t.match((await call('GET', `/orders/${before.order_id}`)).json.data,
    [{ delivery_name: 'User No1', city: 'Springfield' }], 'and so does the address')
})
