import t, { type Test } from 'tap'
import { counts, openLoader, SHOP, type Loader } from './loading.ts'

const TABLES = [
  'users.users', 'products.departments', 'products.aisles', 'products.products', 'products.product_enriched',
  'orders.orders', 'orders.order_items', 'orders.order_status_history', 'products.product_counts',
  'orders.order_totals', 'orders.product_totals'
]

/** Every row of every table, as text. */
async function everything (sql: Loader['sql']) {
  const rows: string[] = []
  for (const table of TABLES) {
    rows.push(
      ...(await sql.unsafe(`select '${table} ' || x::text as row from ${table} x order by 1`)).map(({ row }) => row)
    )
  }
  return rows
}

/** The sums kept by triggers against those of the tables. */
async function isCountedRight (t: Test, sql: Loader['sql']) {
  t.same(
    await sql`select day::text, status, sum(orders) as orders, sum(total_quantity) as quantity, sum(total_price)
      as price from orders.order_totals
      group by 1, 2 having sum(orders) <> 0 or sum(total_quantity) <> 0 or sum(total_price) <> 0 order by 1, 2`,
    await sql`select (created_at at time zone 'UTC')::date::text as day, status, count(*) as orders, sum(total_quantity)
      as quantity,
      sum(total_price) as price from orders.orders group by 1, 2 order by 1, 2`, 'the totals of orders')
  t.same(
    await sql`select product_id, status, month::text, orders, total_quantity, total_price from orders.product_totals
      where (orders, total_quantity, total_price) <> (0, 0, 0) order by 1, 2, 3`,
    await sql`select product_id, status, date_trunc('month', created_at at time zone 'UTC')::date::text
      as month, count(*) as orders,
      sum(total_quantity)::bigint as total_quantity, sum(total_price) as total_price
      from orders.orders o join orders.order_items on order_id = o.id
      where created_at < (select until from orders.settled_orders) group by 1, 2, 3 order by 1, 2, 3`,
    'the totals of products')
  t.same(
    await sql`select department_id, aisle_id, products from products.product_counts where products <> 0 order by 1, 2`,
    await sql`select department_id, aisle_id, count(*) as products from products.products group by 1, 2 order by 1, 2`,
    'the numbers of products')
  t.same(await sql`select sum(users) as users from users.user_counts`,
    await sql`select count(*) as users from users.users`, 'the number of users')
}

t.test('The same files again change nothing', async (t) => {
  const { load, sql } = await openLoader(t)
  await load(SHOP)
  const before = await everything(sql)
  const report = await load(SHOP)
  t.match(report, { loaded: 0, replaced: 22, rejected: 0, nothingLoaded: false })
  t.same(await everything(sql), before)
})

t.test('Rows of the files replace those in the database', async (t) => {
  const { load, sql } = await openLoader(t)
  await load(SHOP)
  const report = await load({
    'departments_enriched.csv': 'department_id,department,description,image_url\n2,Backery,Bread,x\n3,new,,\n',
    'aisles.csv': 'aisle_id,aisle\n2,loaves\n',
    'products.csv': 'product_id,product_name,aisle_id,department_id\n3,Roll,2,1\n4,Cake,2,3\n',
    'products_enriched/enriched_products_dept1.csv':
      'product_id,description,price,image_url\n1,Colder,5,\n3,Crisp,1.10,\n',
    'users_demo.csv':
      'user_id,first_name,last_name,email_address,last_login\n7,Ada,Lovelace,ada@example.com,2026-03-01\n' +
        '9,New,One,new@example.com,\n'
  })
  t.same(report.files.map((file) => [file.file, file.loaded, file.replaced, file.rejected]), [
    ['departments_enriched.csv', 1, 1, 0], ['aisles.csv', 0, 1, 0], ['products.csv', 1, 1, 0],
    ['products_enriched/enriched_products_dept1.csv', 1, 1, 0], ['users_demo.csv', 1, 1, 0]])
  t.same(await sql`select department_name, description from products.departments where department_id = 2`, [
    { department_name: 'Backery', description: 'Bread' }
  ])
  t.same(await sql`select product_name, department_id from products.products where product_id = 3`, [
    { product_name: 'Roll', department_id: 1 }
  ])
  t.match(
    await sql`select last_name, city, order_notifications_start_date_time as start, last_order_number from users.users
      where id = 7`,
    [{ last_name: 'Lovelace', city: null, start: '2026-03-01T00:00:00+00:00', last_order_number: 2 }]
  )
  t.match(await sql`select delivery_name, total_price from orders.orders where id = 11`,
    [{ delivery_name: 'Ada Byron', total_price: 6.75 }], 'orders stay as they were made')
  await isCountedRight(t, sql)
})

t.test('Orders are replaced with their items and history; what else they have stays', async (t) => {
  const { load, sql } = await openLoader(t)
  await load(SHOP)
  await sql`update products.product_enriched set price = 100 where product_id = 1`
  const report = await load({
    'orders_demo.csv':
      'order_id,user_id,order_number,order_dow,order_hour_of_day,created_at,tracking_number\n' +
        '11,8,3,5,6,2026-04-01,T1\n14,8,2,0,0,2026-04-02,\n',
    'order_items_demo.csv':
      'order_id,product_id,add_to_cart_order,reordered,quantity\n11,1,1,1,2\n11,3,3,0,1\n12,1,3,0,1\n14,2,1,0,1\n',
    'orders_demo_status_history.csv': 'order_id,status,changed_at\n11,refunded,2026-04-03\n12,cancelled,2026-04-04\n'
  })
  t.same(counts(report, 'orders_demo.csv'), [1, 1, 0])
  t.same(counts(report, 'order_items_demo.csv'), [3, 1, 0])
  t.match(await sql`select id, user_id, order_number, status, total_items, total_quantity, total_price, delivery_name,
    created_at, tracking_number, shipped_at
      from orders.orders where id <> 13 order by id`, [
    {
      id: 11,
      user_id: 8,
      order_number: 3,
      status: 'refunded',
      total_items: 3,
      total_quantity: 4,
      total_price: 11.25,
      delivery_name: 'Bob Ross',
      created_at: '2026-04-01T00:00:00+00:00',
      tracking_number: 'T1',
      shipped_at: '2026-02-02T10:00:00+00:00'
    },
    { id: 12, user_id: 7, status: 'cancelled', total_items: 3, total_price: 102.25 },
    { id: 14, user_id: 8, status: 'pending', total_items: 1, total_price: 2.25 }], 'old items at their old price, ' +
      'new ones at today\'s')
  t.same(await sql`select distinct ordered_at from orders.order_items where order_id = 11`, [
    { ordered_at: '2026-04-01T00:00:00+00:00' }
  ])
  t.same(await sql`select status, note from orders.order_status_history where order_id = 14`, [
    { status: 'pending', note: 'Order created' }
  ])
  t.same(await sql`select id, last_order_number from users.users order by id`, [
    { id: 7, last_order_number: 2 }, { id: 8, last_order_number: 3 }
  ])
  await isCountedRight(t, sql)
})

t.test('Users may exchange their email addresses, but not take one that its owner keeps', async (t) => {
  const { load, rejects, sql } = await openLoader(t)
  const header = 'user_id,first_name,last_name,email_address\n'
  await load({ 'users_demo.csv': `${header}1,A,A,a@x\n2,B,B,b@x\n3,C,C,c@x\n` })
  await load({ 'users_demo.csv': `${header}1,A,A,b@x\n2,B,B,a@x\n4,D,D,C@X\n` })
  t.same(await rejects('users_demo.csv'), [['4', 'another user has this email address: C@X', '4,D,D,C@X']])
  t.same(await sql`select id, email_address from users.users order by id`,
    [{ id: 1, email_address: 'b@x' }, { id: 2, email_address: 'a@x' }, { id: 3, email_address: 'c@x' }])
})

t.test('An order number that another order in the database has is rejected', async (t) => {
  const { load, rejects } = await openLoader(t)
  await load(SHOP)
  await load({ 'orders_demo.csv': 'order_id,user_id,order_number,order_dow,order_hour_of_day\n15,7,2,0,0\n' })
  t.match(await rejects('orders_demo.csv'), [['2', 'user 7 has another order with the number 2']])
})

t.test('At start each table is loaded only where it is empty', async (t) => {
  const { load, sql } = await openLoader(t)
  await load({ 'departments.csv': 'department_id,department\n1,kept\n2,kept too\n' })
  const report = await load(SHOP, { onlyEmpty: true })
  t.notOk(report.files.some((file) => file.file === 'departments.csv'))
  t.same(counts(report, 'orders_demo.csv'), [3, 0, 0])
  t.same(await sql`select department_name from products.departments where department_id = 1`, [
    { department_name: 'kept' }
  ])
  t.match(await load({}, { onlyEmpty: true, dir: '/nowhere' }), { files: [], nothingLoaded: true },
    'a filled database needs no folder')
})
