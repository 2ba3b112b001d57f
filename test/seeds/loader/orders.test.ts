import t from 'tap'
import { counts, openLoader, SHOP } from './loading.ts'

t.test(
  'A loaded order has its user\'s name and address, the totals of its items, and the latest status of its history',
  async (t) => {
    const { load, sql } = await openLoader(t)
    await load(SHOP)
    const orders =
    await sql`select id, user_id, order_number, eval_set, order_dow, days_since_prior_order as days, status,
    total_items, total_quantity, total_price, total_amount, customer_name, customer_email, delivery_name, phone_number,
    street_address, city, postal_code,
    country, created_at, updated_at, confirmed_at, shipped_at, delivered_at, order_reference from orders.orders
    order by id`
    t.match(orders, [{
      id: 11,
      user_id: 7,
      order_number: 1,
      eval_set: 'prior',
      order_dow: 2,
      days: null,
      status: 'delivered',
      total_items: 2,
      total_quantity: 2,
      total_price: 6.75,
      total_amount: 6.75,
      customer_name: 'Ada Byron',
      customer_email: 'ada@example.com',
      delivery_name: 'Ada Byron',
      phone_number: '555',
      street_address: '1 Main St',
      city: 'London',
      postal_code: 'N1',
      country: 'UK',
      created_at: '2026-02-01T10:00:00+00:00',
      updated_at: '2026-02-03T10:00:00+00:00',
      confirmed_at: null,
      shipped_at: '2026-02-02T10:00:00+00:00',
      delivered_at: '2026-02-03T10:00:00+00:00',
      order_reference: /^ORD-20260201-[0-9A-Z]{6}$/
    }, { id: 12, days: 7, status: 'pending', total_items: 2, total_price: 2.25 }, {
      id: 13,
      status: 'pending',
      total_items: 0,
      total_quantity: 0,
      total_price: 0,
      updated_at: '2026-02-09T10:00:00+00:00',
      city: null
    }])
    t.same(await sql`select order_id, status, changed_at, changed_by, note from orders.order_status_history
    order by order_id, changed_at, history_id`, [
      ['11', 'pending', '2026-02-01', 'Order created'], ['11', 'shipped', '2026-02-02', null],
      ['11', 'delivered', '2026-02-03', null],
      ['12', 'pending', '2026-02-08', 'Order created'], ['13', 'pending', '2026-02-09', 'Order created']
    ].map(
      ([order, status, day, note]) => ({
        order_id: Number(order), status, changed_at: `${day}T10:00:00+00:00`, changed_by: null, note
      })
    ))
    t.same(
      await sql`select day::text, status, orders, total_quantity, total_price from orders.order_totals order by 1`, [
        { day: '2026-02-01', status: 'delivered', orders: 1, total_quantity: 2, total_price: 6.75 },
        { day: '2026-02-08', status: 'pending', orders: 1, total_quantity: 2, total_price: 2.25 },
        { day: '2026-02-09', status: 'pending', orders: 1, total_quantity: 0, total_price: 0 }]
    )
    t.same(await sql`select id, last_order_number from users.users order by 1`, [
      { id: 7, last_order_number: 2 }, { id: 8, last_order_number: 1 }
    ])
    t.same(await sql`select count(*)::int as events from orders.outbox`, [{ events: 0 }], 'loading is no news')
  }
)

t.test('Items are snapshots of the catalogue', async (t) => {
  const { load, sql } = await openLoader(t)
  await load({
    ...SHOP,
    'order_items_demo.csv': 'reordered,quantity,product_id,add_to_cart_order,order_id\n0,3,1,1,11\n1,1,3,2,11\n'
  })
  t.same(await sql`select product_id, quantity, add_to_cart_order, reordered, price, product_name, product_sku,
    image_url, stock_taken, ordered_at
    from orders.order_items order by product_id`, [
    {
      product_id: 1,
      quantity: 3,
      add_to_cart_order: 1,
      reordered: 0,
      price: 4.5,
      product_name: 'Ice cream',
      product_sku: null,
      image_url: 'https://example.com/1.png',
      stock_taken: 0,
      ordered_at: '2026-02-01T10:00:00+00:00'
    },
    {
      product_id: 3,
      quantity: 1,
      add_to_cart_order: 2,
      reordered: 1,
      price: null,
      product_name: 'Bun',
      product_sku: null,
      image_url: null,
      stock_taken: 0,
      ordered_at: '2026-02-01T10:00:00+00:00'
    }])
  t.match(await sql`select total_items, total_quantity, total_price from orders.orders where id = 11`, [
    { total_items: 2, total_quantity: 4, total_price: 13.5 }
  ])
})

t.test('Of status changes at the same time the later row counts', async (t) => {
  const { load, sql } = await openLoader(t)
  const at = '2026-02-01 10:00:00+00:00'
  await load({
    ...SHOP,
    'orders_demo_status_history.csv':
      `order_id,status,changed_at\n11,shipped,2026-02-05\n11,pending,${at}\n11,paid,${at}\n11,confirmed,${at}\n` +
        `11,pending,${at}\n12,paid,${at}\n`
  })
  t.same(
    (await sql`
      select status, note from orders.order_status_history where order_id = 11 order by changed_at, history_id`)
      .map((row) => row.status).at(-1),
    'shipped'
  )
  t.match(await sql`select status, confirmed_at from orders.orders order by id`, [
    { status: 'shipped', confirmed_at: '2026-02-01T10:00:00+00:00' }, { status: 'paid' }, { status: 'pending' }])
  t.same(await sql`select note from orders.order_status_history where order_id = 12`, [{ note: null }],
    'only a pending first entry is a creation')
})

t.test('Orders, items and history that do not fit are rejected', async (t) => {
  const { load, rejects } = await openLoader(t)
  const report = await load({
    ...SHOP,
    'orders_demo.csv':
      `${SHOP['orders_demo.csv']}14,9,prior,1,0,0,,\n15,7,prior,1,7,0,,\n16,7,prior,1,,0,,\n17,7,prior,2,0,0,,\n` +
        '18,7,prior,x,0,0,,\n19,7,prior,5,0,24,,\n20,7,prior,5,0,0,-1,\n21,7,prior,5,0,0,,soon\n',
    'order_items_demo.csv':
      `${SHOP['order_items_demo.csv']}14,1,1,0\n13,9,1,0\n13,1,-1,0\n13,1,1,2\n13,1,1,\n13,1\n11,1,5,1\n`,
    'orders_demo_status_history.csv':
      `${SHOP['orders_demo_status_history.csv']}99,pending,2026-01-01\n11,lost,2026-01-01\n11,paid,\n11,,2026-01-01\n`
  })
  t.same(counts(report, 'orders_demo.csv'), [3, 0, 8])
  t.same((await rejects('orders_demo.csv')).map(([, reason]) => reason), [
    'there is no user 9', 'order_dow must be from 0 to 6: 7', 'order_dow is missing',
    'user 7 has another order with the number 2',
    'order_number is not a whole number: x', 'order_hour_of_day must be from 0 to 23: 24',
    'days_since_prior_order must not be negative: -1',
    'created_at is not a time like 2026-01-31 12:00:00+00:00: soon'])
  t.same(counts(report, 'order_items_demo.csv'), [4, 1, 6])
  t.same((await rejects('order_items_demo.csv')).map(([, reason]) => reason), [
    'there is no order 14', 'there is no product 9', 'add_to_cart_order must be from 0 to 2000000000: -1',
    'reordered must be from 0 to 1: 2',
    'reordered is missing', 'expected 4 cells, found 2'])
  t.same((await rejects('orders_demo_status_history.csv')).map(([, reason]) => reason), [
    'there is no order 99', 'there is no status lost', 'changed_at is missing', 'status is missing'])
})

t.test('A column may be missing: orders are numbered in the order of time, created now, reordered 0', async (t) => {
  const { load, sql } = await openLoader(t)
  await load({
    ...SHOP,
    'orders_demo.csv':
      'order_id,user_id,order_number,order_dow,order_hour_of_day,created_at\n11,7,,0,0,2026-03-03\n' +
        '12,7,,0,0,2026-03-01\n13,7,4,0,0,2026-03-02\n14,8,,0,0,\n',
    'order_items_demo.csv': 'order_id,product_id,add_to_cart_order\n11,1,1\n',
    'orders_demo_status_history.csv': 'status,order_id\npending,11\n'
  })
  t.same(
    await sql`select id, order_number, created_at > now() - interval '1 minute' as is_new from orders.orders
      order by id`,
    [
      { id: 11, order_number: 6, is_new: false }, { id: 12, order_number: 5, is_new: false },
      { id: 13, order_number: 4, is_new: false }, { id: 14, order_number: 1, is_new: true }]
  )
  t.same(await sql`select quantity, reordered from orders.order_items`, [{ quantity: 1, reordered: 0 }])
  t.same(
    await sql`select changed_at > now() - interval '1 minute' as is_new from orders.order_status_history
      where order_id = 11`,
    [{ is_new: true }]
  )
})

t.test('New orders come after the largest loaded id, and at least at 3422000; numbers go on', async (t) => {
  const { load, sql } = await openLoader(t)
  await load({ ...SHOP, 'orders_demo.csv': SHOP['orders_demo.csv'].replace('\n13,', '\n3500000,') })
  const [placed] = await sql`
    select order_id as id from orders.place(
      'place_managed', '{"user_id": "7", "items": [{"product_id": 1, "quantity": 2}]}', '{}')`
  t.equal(placed!.id, 3500001)
  t.match(await sql`select order_number, status from orders.orders where id = ${placed!.id}`, [
    { order_number: 3, status: 'pending' }
  ])
  t.match(await sql`select note from orders.order_status_history where order_id = ${placed!.id}`,
    [{ note: 'Order created' }], 'the triggers are awake again')
  t.same(await sql`insert into products.products (product_name) values ('new') returning product_id`, [
    { product_id: 4 }
  ])
  t.same(await sql`insert into products.departments (department_name) values ('new') returning department_id`, [
    { department_id: 3 }
  ])
})
