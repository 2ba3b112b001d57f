import t from 'tap'
import { NOBODY, openShop } from '../../helper.ts'
import { refuses, user, type Request } from './legacy.ts'

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
