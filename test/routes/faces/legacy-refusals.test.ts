import t, { type Test } from 'tap'
import { NOBODY, openShop, userId, type Answer, type Shop } from '../../helper.ts'

type Request = [Parameters<Shop['call']>[0], string, unknown?]

const user = userId(1)
const cart = `/legacy/carts/${user}`
const NO_CHANGES = { success: true, message: 'No changes made', data: [], error: null }

/** Checks that an answer is the refusal with this sentence: HTTP 200, the envelope, nothing else. */
function refuses (t: Test, answer: Answer, sentence: string): void {
  t.strictSame([answer.status, answer.json], [200, { success: false, data: [], error: sentence }], sentence)
  t.match(answer.headers['content-type'], /^application\/json/)
}

t.test('a business refusal is a 200 that says no, word for word', async (t) => {
  const { call } = await openShop(t)
  const password = 'password'
  const items = [{ product_id: 1, quantity: 1 }]
  const lists: [string, Request[]][] = [
    ['User not found', [
      ['GET', `/users/${NOBODY}`], ['PUT', `/users/${NOBODY}`, { city: 'Berlin' }],
      ['DELETE', `/users/${NOBODY}`, { password }],
      ['PUT', `/users/${NOBODY}/password`, { current_password: password, new_password: 'long enough' }],
      ['GET', `/users/${NOBODY}/notification-settings`], ['GET', `/users/${NOBODY}/order-status-notifications`],
      ['GET', `/carts/${NOBODY}`], ['POST', '/carts', { user_id: NOBODY, items }], ['DELETE', `/carts/${NOBODY}`],
      ['POST', `/carts/${NOBODY}/checkout`], ['POST', '/orders', { user_id: NOBODY, items }],
      ['GET', `/orders/user/${NOBODY}`]
    ]],
    [
      'Cart not found',
      [
        ['DELETE', `/carts/${user}`], ['DELETE', `/carts/${user}/clear`],
        ['PUT', `/carts/${user}/items/1`, { quantity: 1 }]
      ]
    ],
    ['Order not found', [
      ['GET', '/orders/999'], ['PATCH', '/orders/999', { status: 'paid' }], ['DELETE', '/orders/999'],
      ['POST', '/orders/999/items', items], ['GET', '/orders/999/invoice']
    ]],
    ['Invalid order ID format', [
      ['GET', '/orders/abc'], ['PATCH', '/orders/-1', { status: 'paid' }], ['DELETE', '/orders/1.5'],
      ['POST', '/orders/abc/items', items], ['GET', '/orders/abc/invoice/']
    ]],
    ['Products not found: 901, 902', [
      ['POST', '/orders', { user_id: user, items: [{ product_id: 902 }, { product_id: 1 }, { product_id: 901 }] }],
      [
        'POST', '/carts', { user_id: user, items: [{ product_id: 901, quantity: 1 }, { product_id: 902, quantity: 1 }] }
      ],
      ['PUT', `/carts/${user}`, { items: [{ product_id: 901, quantity: 1 }, { product_id: 902, quantity: 1 }] }]
    ]],
    ['Order must contain at least one item', [['POST', '/orders', { user_id: user, items: [] }]]],
    ['Cart is empty', [['POST', `/carts/${user}/checkout`]]],
    ['Email address already exists', [
      [
        'POST', '/users',
        { first_name: 'A', last_name: 'B', email_address: 'USER2@example.com', password: 'long enough' }
      ],
      ['PUT', `/users/${user}/email`, { current_password: password, new_email_address: 'user2@example.com' }]
    ]],
    ['Current password is incorrect', [
      ['POST', `/users/${user}/password`, { current_password: 'wrong', new_password: 'long enough' }],
      ['PUT', `/users/${user}/email`, { current_password: 'wrong', new_email_address: 'new@example.com' }]
    ]],
    ['Password incorrect', [['DELETE', `/users/${user}`, { password: 'wrong' }]]],
    ['Invalid email or password', [
      ['POST', '/users/login', { email_address: 'user1@example.com', password: 'wrong' }],
      ['POST', '/users/login', { email_address: 'nobody@example.com', password }]
    ]],
    ['Product not found', [['GET', '/products/999']]]
  ]
  for (const [sentence, requests] of lists) {
    for (const [method, path, body] of requests) refuses(t, await call(method, `/legacy${path}`, body), sentence)
  }
  await call('POST', '/legacy/carts', { user_id: user, items })
  refuses(t, await call('POST', '/legacy/carts', { user_id: user, items }), 'Cart already exists for user')
  for (const [sentence, requests] of [
    [
      'Product 2 not found in cart',
      [['PUT', `/carts/${user}/items/2`, { quantity: 1 }], ['DELETE', `/carts/${user}/items/2`]]
    ],
    [
      'Product 901 not found in cart',
      [['DELETE', `/carts/${user}/items/901`], ['PUT', `/carts/${user}/items/901`, { quantity: 0 }]]
    ],
    [
      'Products not found: 901',
      [
        ['PUT', `/carts/${user}/items/901`, { quantity: 1 }],
        ['POST', `/carts/${user}/items`, { product_id: 901, quantity: 1 }]
      ]
    ]
  ] as [string, Request[]][]) {
    for (const [method, path, body] of requests) refuses(t, await call(method, `/legacy${path}`, body), sentence)
  }
  refuses(t, await call('POST', '/legacy/orders', { user_id: user, items: [{ product_id: 32, quantity: 2 }] }),
    'Not enough stock: product 32 (Product 32), wanted 2, available 1')
  const { json: { data: [{ order_id: id }] } } = await call('POST', '/legacy/orders', { user_id: user, items })
  await call('PATCH', `/legacy/orders/${id}`, { status: 'shipped' })
  refuses(t, await call('PATCH', `/legacy/orders/${id}`, { status: 'pending' }),
    'An order cannot go from shipped to pending')
  refuses(t, await call('POST', `/legacy/orders/${id}/items`, items), 'An order that is shipped takes no more items')
})

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

t.test('a body or a user id that is not valid stays a 422, with the detail a client of FastAPI reads', async (t) => {
  const { call } = await openShop(t)
  const json = { 'content-type': 'application/json' }
  const cases: [...Request, [(string | number)[], string][]][] = [
    ['GET', '/users/abc', undefined, [[['path', 'user_id'], 'value_error']]],
    ['GET', '/carts/abc/', undefined, [[['path', 'user_id'], 'value_error']]],
    ['GET', '/orders/user/abc/?limit=5&offset=0', undefined, [[['path', 'user_id'], 'value_error']]],
    ['GET', '/orders?user_id=abc', undefined, [[['query', 'user_id'], 'value_error']]],
    ['GET', '/orders?limit=0', undefined, [[['query', 'limit'], 'value_error']]],
    ['GET', '/orders?cursor=abc', undefined, [[['query', 'cursor'], 'value_error']]],
    ['POST', '/orders', { user_id: 'abc', items: [{ product_id: 1 }] }, [[['body', 'user_id'], 'value_error']]],
    [
      'POST', '/orders', { items: [{ product_id: 'x' }] },
      [[['body', 'items', 0, 'product_id'], 'value_error'], [['body', 'user_id'], 'missing']]
    ],
    ['POST', '/users', {}, [
      [['body', 'email_address'], 'missing'], [['body', 'first_name'], 'missing'], [['body', 'last_name'], 'missing'],
      [['body', 'password'], 'missing']
    ]],
    ['POST', '/users/login', '{"email_address": ', [[['body'], 'json_invalid']]],
    ['PUT', `/users/${user}`, '', [[['body'], 'value_error']]],
    ['PUT', `/users/${user}`, '[]', [[['body'], 'value_error']]],
    ['DELETE', `/users/${user}`, {}, [[['body', 'password'], 'missing']]],
    [
      'PUT', `/users/${user}/notification-settings`, { days_between_order_notifications: 0 },
      [[['body', 'days_between_order_notifications'], 'value_error']]
    ],
    ['GET', '/products/abc', undefined, [[['path', 'product_id'], 'value_error']]]
  ]
  for (const [method, path, body, faults] of cases) {
    const answer = await call(method, `/legacy${path}`, body, typeof body === 'string' ? json : {})
    t.match(answer, { status: 422, json: { success: false, error: /\w/, detail: [{ msg: /\w/ }] } },
      `${method} ${path} ${JSON.stringify(body)}`)
    t.strictSame(answer.json.data, [])
    const found = answer.json.detail.map(({ loc, type }: any) => [loc, type])
    t.strictSame(found.sort((a: unknown, b: unknown) => String(a) < String(b) ? -1 : 1), faults)
  }
  t.match(
    (await call(
      'POST', '/legacy/orders', { user_id: user, items: [{ product_id: 1 }] }, { 'idempotency-key': 'a b' }
    )).json.detail,
    [{ loc: ['header', 'idempotency-key'] }]
  )
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

t.test('what no rule of the shop refuses keeps its status', async (t) => {
  const { call, sql } = await openShop(t, { API_KEYS: 'key' })
  const key = { 'x-api-key': 'key' }
  const missing = await call('GET', `/legacy/users/${user}`)
  t.strictSame(missing.json.data, [])
  t.match(missing, {
    status: 401,
    headers: { 'www-authenticate': /^Bearer, Basic / },
    json: { detail: /API key/, success: false, error: /API key/, code: 'NOT_IDENTIFIED' }
  })
  t.equal((await call('GET', `/legacy/users/${user}`, undefined, { authorization: 'Bearer key' })).status, 200)

  const order = { user_id: user, items: [{ product_id: 33 }] }
  const once = { ...key, 'idempotency-key': 'k-1' }
  const first = await call('POST', '/legacy/orders', order, once)
  const again = await call('POST', '/legacy/orders/', order, once)
  t.strictSame([again.status, again.json, again.headers['idempotency-replayed']], [201, first.json, 'true'],
    'Idempotency-Key')
  t.match(await call('POST', '/legacy/orders', { ...order, city: 'Rome' }, once), {
    status: 422, json: { success: false, detail: /Idempotency-Key/ }
  })
  const refused = { ...key, 'idempotency-key': 'k-2' }
  const tooMany = { user_id: user, items: [{ product_id: 32, quantity: 2 }] }
  refuses(t, await call('POST', '/legacy/orders', tooMany, refused),
    'Not enough stock: product 32 (Product 32), wanted 2, available 1')
  const replay = await call('POST', '/legacy/orders', tooMany, refused)
  t.match([replay.status, replay.headers['idempotency-replayed']], [200, 'true'], 'a refusal too')

  const url = `/legacy/orders/${first.json.data[0].order_id}`
  t.match(await call('PATCH', url, { status: 'paid' }, { ...key, 'if-match': '"1"' }), {
    status: 412, json: { success: false, detail: /ETag/ }
  })
  t.match(await call('PATCH', url, { status: 'paid' }, { ...key, 'if-match': first.headers.etag! }), {
    status: 200, json: { success: true }
  })
  t.match(await call('GET', url, undefined, { ...key, 'x-request-id': 'r-1' }), { headers: { 'x-request-id': 'r-1' } })
  t.match(
    await call('POST', '/legacy/users/login', `"${'x'.repeat(1024 * 1024)}"`, {
      ...key, 'content-type': 'application/json'
    }),
    { status: 413, json: { success: false, detail: /too large/ } }
  )

  await sql`alter table users.users rename to people`
  t.match(await call('PUT', `/legacy/users/${user}`, { city: 'Rome' }, key), {
    status: 500, json: { success: false, error: /went wrong/, detail: /went wrong/, request_id: /./ }
  })
})

t.test('what the database says to a query is a 200 too', async (t) => {
  const { call } = await openShop(t)
  for (const sql of [
    'select nonsense', 'select * from users.users', 'delete from products.products', 'select $1::integer'
  ]) {
    const { status, json } = await call('POST', '/legacy/query', { sql })
    t.strictSame([status, Object.keys(json), json.success, json.data], [200, ['success', 'data', 'error'], false, []],
      sql)
    t.match(json.error, /\w/)
  }
  t.match(await call('POST', '/legacy/query', {}), {
    status: 422, json: { success: false, detail: [{ loc: ['body', 'sql'] }] }
  })
})
