import t from 'tap'
import { openShop } from '../../helper.ts'
import { cart, refuses, user, type Request } from './legacy.ts'

const NO_CHANGES = { success: true, message: 'No changes made', data: [], error: null }

t.test('an update that names nothing to update says so; one that sets what is there already answers it', async (t) => {
  const { call, sql } = await openShop(t)
  await call('POST', '/legacy/carts', { user_id: user, items: [{ product_id: 1, quantity: 2 }] })
  const { json: { data: [{ order_id: id }] } } = await call('POST', '/legacy/orders', {
    user_id: user, items: [{ product_id: 1 }]
  })
  await call('PATCH', `/legacy/orders/${id}`, { tracking_number: 'T-1' })
  const settings = `/legacy/users/${user}/notification-settings`
  const start = (await call('GET', settings)).json.data[0].order_notifications_start_date_time
  const contents = async () => JSON.stringify([
    await sql`select * from users.users order by id`, await sql`select * from orders.carts`,
    await sql`select * from orders.cart_items`,
    await sql`select * from orders.orders`, await sql`select * from orders.order_status_history`])

  const before = await contents()
  const nothing: Request[] = [
    ['PUT', `/legacy/users/${user}`, {}],
    ['PUT', `/legacy/users/${user}`, { email_address: 'other@example.com', eval_set: 'new' }],
    ['PUT', `/legacy/users/${user}/`, { days_between_order_notifications: null }],
    ['PUT', settings, {}],
    ['PUT', settings, { unknown: 1, order_notifications_via_email: null }],
    ['PATCH', `/legacy/orders/${id}/`, {}],
    ['PATCH', `/legacy/orders/${id}`, { total_price: 3, changed_by: 'somebody' }]
  ]
  for (const [method, path, body] of nothing) {
    const answer = await call(method, path, body)
    t.strictSame([answer.status, answer.json], [200, NO_CHANGES], `${method} ${path} ${JSON.stringify(body)}`)
  }
  const repeats: Request[] = [
    ['PUT', `/legacy/users/${user}`, { city: 'Springfield', first_name: 'User' }],
    ['PUT', settings, { days_between_order_notifications: 7, order_notifications_via_email: false }],
    ['PUT', settings, { order_notifications_start_date_time: start }],
    ['PATCH', `/legacy/orders/${id}`, { status: 'pending' }],
    ['PATCH', `/legacy/orders/${id}`, { tracking_number: 'T-1', total_price: 3 }],
    ['PUT', `${cart}/items/1`, { quantity: 2 }],
    ['POST', `/legacy/users/${user}/email`, { current_password: 'password', new_email_address: 'user1@example.com' }],
    ['PUT', `/legacy/users/${user}/password`, { current_password: 'password', new_password: 'password' }]
  ]
  for (const [method, path, body] of repeats) {
    t.match((await call(method, path, body)).json,
      { success: true, message: /updated successfully$/, data: [{}], error: null },
      `${method} ${path} ${JSON.stringify(body)}`)
  }
  t.equal(await contents(), before, 'nothing of it wrote anything')
  refuses(t,
    await call('PUT', `/legacy/users/${user}/password`, {
      current_password: 'wrong password', new_password: 'wrong password'
    }),
    'Current password is incorrect')
})

t.test('numbers and booleans that come as text, short passwords, and quantities below zero', async (t) => {
  const { call } = await openShop(t)
  const settings = `/legacy/users/${user}/notification-settings`
  t.match(
    (await call(
      'PUT', settings, { days_between_order_notifications: '9', order_notifications_via_email: 'true' }
    )).json.data,
    [{ days_between_order_notifications: 9, order_notifications_via_email: true }]
  )
  for (const [text, value] of [['on', true], ['0', false], ['Yes', true], ['off', false]] as const) {
    t.match((await call('PUT', settings, { order_notifications_via_email: text })).json.data,
      [{ order_notifications_via_email: value }], text)
  }
  for (const text of ['', 'maybe', '1e1', '0x10', '7.5']) {
    t.match(await call('PUT', settings, { days_between_order_notifications: text }), { status: 422 },
      `${text} is no number of days`)
  }
  t.match((await call('PUT', `/legacy/users/${user}`, { postal_code: '01234', city: 'true' })).json.data,
    [{ postal_code: '01234', city: 'true' }], 'text stays text')
  const items = [{ product_id: '1', quantity: '2', reordered: '1' }]
  t.match((await call('POST', '/legacy/carts', { user_id: user, items })).json.data, [
    { items: [{ product_id: 1, quantity: 2, reordered: 1 }] }
  ])
  const { json: { data: [{ order_id: id }] } } = await call('POST', '/legacy/orders', {
    user_id: user, items, order_dow: '3'
  })
  t.match((await call('POST', `/legacy/orders/${id}/items`, items)).json, { total_added: 1 }, 'in a list, too')
  t.match((await call('PUT', `${cart}/items/1`, { quantity: '5' })).json.data, [{ total_quantity: 5 }])
  t.match((await call('PUT', `${cart}/items/1`, { quantity: '-1' })).json.data, [{ items: [] }],
    'a quantity below zero removes the item')
  t.match(await call('PUT', `/carts/${user}/items/1`, { quantity: -1 }), { status: 400 }, 'on this face alone')

  const ada = { first_name: 'Ada', last_name: 'Lovelace', email_address: 'ada@example.com', password: 'secret' }
  t.match(await call('POST', '/users', ada), { status: 400 }, '8 characters elsewhere')
  const { json: { data: [{ user_id: id2 }] } } = await call('POST', '/legacy/users', ada)
  t.match(
    (await call(
      'PUT', `/legacy/users/${id2}/password`, { current_password: 'secret', new_password: 'sesame' }
    )).json.data,
    [{ user_id: id2, password_updated: true }]
  )
  t.match(await call('PUT', `/legacy/users/${id2}/password`, { current_password: 'sesame', new_password: 'short' }),
    { status: 422 }, '6 here')
})

t.test('GET of a cart', async (t) => {
  const { call } = await openShop(t)
  const none = await call('GET', cart)
  t.strictSame([none.status, none.json], [200, { success: true, message: 'Nothing stored', data: [], error: null }],
    'none stored: no cart in data')
  await call('POST', `${cart}/items`, { product_id: 1, quantity: 1 })
  t.match((await call('GET', cart)).json.data, [{ user_id: user, items: [{ product_id: 1 }] }])
  await call('DELETE', `${cart}/clear`)
  t.match((await call('GET', cart)).json.data, [{ user_id: user, items: [] }], 'an empty one is one')
})

t.test('whoever sends JSON without saying so is understood', async (t) => {
  const { app } = await openShop(t)
  const login = async (payload: string, headers: Record<string, string> = {}) =>
    await app.inject({ method: 'POST', url: '/legacy/users/login', payload, headers })
  t.match((await login('{"email_address": "user1@example.com", "password": "password"}')).json(), {
    success: true, data: [{ user_id: user }]
  })
  t.equal((await login('{"email_address": ')).statusCode, 422)
  t.match((await login('a=1', { 'content-type': 'application/x-www-form-urlencoded' })), { statusCode: 415 },
    'another type is another type')
})
