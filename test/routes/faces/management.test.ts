import t from 'tap'
import { openShop, refuses, userId } from '../../helper.ts'

const paths = ['/api/v1/orders', '/api/v1/products', '/api/v1/users']

t.test('with ADMIN_API_KEYS', async (t) => {
  const { call, sql } = await openShop(t, { API_KEYS: 'shop', ADMIN_API_KEYS: 'boss, both', NODE_ENV: 'test' })
  for (const path of paths) {
    for (const headers of [
      { 'x-api-key': 'boss' }, { authorization: 'Bearer both' }, { authorization: `Basic ${btoa('boss:')}` }
    ] as Record<string, string>[]) {
      t.equal((await call('GET', path, undefined, headers)).status, 200, path)
    }
    for (const headers of [
      {}, { 'x-api-key': 'shop' }, { 'x-api-key': '' }, { authorization: 'Bearer wrong' },
      { authorization: `Basic ${btoa('shop:')}` }
    ] as Record<string, string>[]) {
      refuses(t, await call('GET', path, undefined, headers), 401, 'NOT_IDENTIFIED')
    }
  }
  refuses(t, await call('GET', '/orders', undefined, { 'x-api-key': 'boss' }), 401, 'NOT_IDENTIFIED')
  refuses(t, await call('POST', '/api/v1/orders', { nonsense: true }), 401, 'NOT_IDENTIFIED')

  for (const key of ['boss', 'both']) {
    const made = await call('POST', '/api/v1/orders', { user_id: 1, items: [{ product_id: 1, quantity: 1 }] }, {
      'x-api-key': key, 'idempotency-key': 'k'
    })
    t.match(made, { status: 201, headers: { 'idempotency-replayed': undefined } },
      'every caller has Idempotency-Keys of its own')
  }
  t.equal((await sql`select distinct caller from gateway.idempotency_keys`).length, 2)
})

t.test('one key for both faces has two sets of Idempotency-Keys', async (t) => {
  const { call } = await openShop(t, { API_KEYS: 'both', ADMIN_API_KEYS: 'both' })
  const headers = { 'x-api-key': 'both', 'idempotency-key': 'k' }
  const items = [{ product_id: 1, quantity: 1 }]
  t.equal((await call('POST', '/orders', { user_id: '00000000-0000-4000-8000-000000000001', items }, headers)).status,
    201)
  t.match(await call('POST', '/api/v1/orders', { user_id: 1, items }, headers), {
    status: 201, headers: { 'idempotency-replayed': undefined }
  })
})

t.test('without ADMIN_API_KEYS it is open in development, and closed in production', async (t) => {
  const open = await openShop(t, { API_KEYS: 'shop' })
  t.equal((await open.call('GET', paths[0]!)).status, 200)
  const closed = await openShop(t, { NODE_ENV: 'production', API_KEYS: 'shop-key-of-16-chars' })
  for (const path of paths) {
    for (const headers of [
      {}, { 'x-api-key': 'shop-key-of-16-chars' }, { 'x-api-key': '' }
    ] as Record<string, string>[]) {
      refuses(t, await closed.call('GET', path, undefined, headers), 401, 'NOT_IDENTIFIED')
    }
  }
})

t.test('what the management API does not know is a 400 that names it', async (t) => {
  const { call, sql } = await openShop(t)
  const item = { product_id: 1, quantity: 1 }
  const { json: order } = await call('POST', '/api/v1/orders', { user_id: 1, items: [item] })
  const requests: ['GET' | 'POST' | 'PATCH', string, object?][] = [
    ['GET', '/api/v1/orders'], ['GET', `/api/v1/orders/${order.order_id}`], ['GET', '/api/v1/products'],
    ['GET', '/api/v1/products/1'],
    ['GET', '/api/v1/users'], ['GET', '/api/v1/users/1'], ['POST', '/api/v1/orders', { user_id: 1, items: [item] }],
    ['PATCH', `/api/v1/orders/${order.order_id}`, { status: 'paid' }],
    ['POST', '/api/v1/products', { name: 'New', price_cents: 1 }],
    ['PATCH', '/api/v1/products/1', { name: 'New' }], ['PATCH', '/api/v1/users/1', { full_name: 'New' }]
  ]
  const state = async () => JSON.stringify([...await sql`
    select (select count(*) from orders.orders) as orders, (select count(*) from products.products) as products,
      (select sum(version) from orders.orders) + (select sum(version) from products.products) + (select sum(version)
      from users.users) as versions`])
  const before = await state()
  for (const [method, path, body] of requests) {
    const inQuery = await call(method, `${path}?colour=red`, body)
    refuses(t, inQuery, 400, 'INVALID_INPUT')
    t.match(inQuery.json.errors, [{ field: 'colour', message: /known/ }], `${method} ${path}: query`)
    if (!body) continue
    const inBody = await call(method, path, { ...body, order_id: 7 })
    refuses(t, inBody, 400, 'INVALID_INPUT')
    t.match(inBody.json.errors, [{ field: 'order_id' }], `${method} ${path}: body`)
  }
  const inItem = await call('POST', '/api/v1/orders', { user_id: 1, items: [{ ...item, price: 1 }] })
  t.match(inItem, { status: 400, json: { errors: [{ field: 'items.0.price' }] } })
  t.equal(await state(), before, 'nothing has changed')
  t.equal((await call('PUT', `/users/${userId(1)}`, { colour: 'red' })).status, 200, 'the service API ignores a field')
})
