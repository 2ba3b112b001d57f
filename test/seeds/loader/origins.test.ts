import t from 'tap'
import { openShop } from '../../helper.ts'
import { counts, loaderOn, openLoader, SHOP } from './loading.ts'

const ORDERS = 'order_id,user_id,order_number,order_dow,order_hour_of_day,created_at\n'
const USERS = 'user_id,first_name,last_name,email_address\n'

t.test('Accounts and orders that were made here are none of a file\'s', async (t) => {
  const shop = await openShop(t)
  const { load, rejects } = await loaderOn(t, shop.url)
  await load({ 'users_demo.csv': `${USERS}7,Ada,Byron,ada@example.com\n` })
  const customer = { first_name: 'Eve', last_name: 'Live', email_address: 'eve@example.com', password: 'a password' }
  const { json: made } = await shop.call('POST', '/users', customer)
  const { json: placed } = await shop.call('POST', '/orders', {
    user_id: made.user_id, items: [{ product_id: 1, quantity: 2 }]
  })
  const { order_id: id } = placed.data[0]
  const { json: before } = await shop.call('GET', `/orders/${id}`)
  const [{ id: eve } = { id: 0 }] =
    await shop.sql`select id::int from users.users where external_user_id = ${made.user_id}`

  const report = await load({
    'users_demo.csv': `user_id,first_name,last_name,email_address,password
${eve},Mallory,Row,mallory@example.com,password
8,Mallory,Row,eve@example.com,password
9,New,One,new@example.com,password
`,
    'orders_demo.csv': `${ORDERS}${id},7,1,0,0,2026-01-01\n500,${eve},9,0,0,2026-01-01\n501,7,1,0,0,2026-01-01\n`,
    'order_items_demo.csv':
      `order_id,product_id,add_to_cart_order,reordered,quantity\n${id},1,1,0,99\n${id},2,2,0,1\n501,1,1,0,1\n`,
    'orders_demo_status_history.csv': `order_id,status,changed_at\n${id},delivered,2036-01-01\n501,pending,2026-01-01\n`
  })
  t.same(counts(report, 'users_demo.csv'), [1, 0, 2])
  t.same(counts(report, 'orders_demo.csv'), [1, 0, 2])
  t.same(counts(report, 'order_items_demo.csv'), [1, 0, 2])
  t.same(counts(report, 'orders_demo_status_history.csv'), [1, 0, 1])
  const reasons = async (file: string) => (await rejects(file)).map(([line, reason]) => `${line} ${reason}`)
  t.same(await reasons('users_demo.csv'),
    [`2 user ${eve} is an account that was made here`, '3 another user has this email address: eve@example.com'])
  t.same(await reasons('orders_demo.csv'), [
    `2 order ${id} was placed here`, `3 user ${eve} is an account that was made here`
  ])
  t.same(await reasons('order_items_demo.csv'), [`2 order ${id} was placed here`, `3 order ${id} was placed here`])
  t.same(await reasons('orders_demo_status_history.csv'), [`2 order ${id} was placed here`])

  t.match(await shop.call('POST', '/users/login', { email_address: 'eve@example.com', password: 'a password' }), {
    status: 200, json: { first_name: 'Eve' }
  })
  t.same((await shop.call('GET', `/orders/${id}`)).json, before, 'the order is as it was placed')
})

t.test('An order from before the release that remembers where it came from', async (t) => {
  const { load, rejects, sql } = await openLoader(t)
  await load(SHOP)
  // As migrating leaves them: one was loaded, the other came with a request.
  await sql`update orders.orders set placed_here = null, request_id = case id when 12 then 'req-1' end
    where id in (11, 12)`
  t.same(counts(await load({ 'orders_demo.csv': SHOP['orders_demo.csv'] }), 'orders_demo.csv'), [0, 2, 1])
  t.match(await rejects('orders_demo.csv'), [['3', 'order 12 was placed here']])
})

t.test('New ids go on behind what a load brings', async (t) => {
  const shop = await openShop(t)
  const { load } = await loaderOn(t, shop.url)
  await load({
    'users_demo.csv': `${USERS}450000,A,A,a@example.com\n`,
    'orders_demo.csv': `${ORDERS}4000000,450000,1,0,0,2026-01-01\n`
  })
  const { json: user } = await shop.call('POST', '/users', {
    first_name: 'B', last_name: 'B', email_address: 'b@example.com', password: 'a password'
  })
  t.same(await shop.sql`select id::int from users.users where external_user_id = ${user.user_id}`, [{ id: 450_001 }])
  const { json } = await shop.call('POST', '/orders',
    { user_id: user.user_id, items: [{ product_id: 1, quantity: 1 }] })
  t.equal(json.data[0].order_id, '4000001')
})

t.test('Who was erased here does not come back with the file, nor do the orders', async (t) => {
  const shop = await openShop(t)
  const { load, rejects } = await loaderOn(t, shop.url)
  const files = {
    'users_demo.csv': `${USERS}7,Ada,Byron,ada@example.com\n`, 'orders_demo.csv': `${ORDERS}11,7,1,0,0,2026-01-01\n`
  }
  await load(files)
  await shop.sql`delete from users.users where id = 7`
  t.match(await load(files), { loaded: 0, replaced: 0, rejected: 2 })
  t.match(await rejects('users_demo.csv'), [['2', 'user 7 was erased here']])
  t.match(await rejects('orders_demo.csv'), [['2', 'there is no user 7']])
  t.same(await shop.sql`select user_id, customer_name, customer_email from orders.orders where id = 11`,
    [{ user_id: null, customer_name: null, customer_email: null }])
  t.same(
    await shop.sql`select column_name::text from information_schema.columns where table_name = 'erased_ids' order by 1`,
    [{ column_name: 'erased_at' }, { column_name: 'id' }], 'what is remembered is no personal data'
  )
})

t.test('What a loaded customer has changed here stays: address, password, times', async (t) => {
  const shop = await openShop(t)
  const { load, sql } = await loaderOn(t, shop.url)
  const file = (name: string) => ({
    'users_demo.csv': 'user_id,first_name,last_name,email_address,password,last_login\n' +
      `7,${name},Byron,ada@example.com,from the file,2026-01-01\n8,Bob,Ross,bob@example.com,another password,\n`
  })
  const login = async (email: string, password: string) =>
    (await shop.call('POST', '/users/login', { email_address: email, password })).json
  await load(file('Ada'))
  const { user_id: ada } = await login('ada@example.com', 'from the file')
  await shop.call('POST', `/users/${ada}/password`, { current_password: 'from the file', new_password: 'from herself' })
  await shop.call('POST', `/users/${ada}/email`, {
    current_password: 'from herself', new_email_address: 'ada@new.example'
  })
  const { last_login: before } = await login('ada@new.example', 'from herself')

  t.same(counts(await load(file('Augusta')), 'users_demo.csv'), [0, 2, 0])
  const [row] = await sql`select first_name, last_login = ${before} as is_kept from users.users where id = 7`
  t.same(row, { first_name: 'Augusta', is_kept: true })
  t.equal((await login('ada@new.example', 'from herself')).user_id, ada)
  t.match(await login('ada@example.com', 'from the file'), { status: 401 })
  t.match(await login('bob@example.com', 'another password'), { first_name: 'Bob' })

  await load({ 'users_demo.csv': `${USERS}8,Bob,Ross,bob@new.example\n` })
  t.match(await login('bob@new.example', 'another password'), { first_name: 'Bob' },
    'a row without a password leaves the one there is')
})
