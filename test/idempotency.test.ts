import t from 'tap'
import { openShop, refuses, userId } from './helper.ts'
import { place, times } from './placing.ts'

t.test('an Idempotency-Key makes one order', async (t) => {
  const shop = await openShop(t, { API_KEYS: 'shop-a,shop-b' })
  const { call, sql } = shop
  const caller = { 'x-api-key': 'shop-a' }
  const key = { ...caller, 'idempotency-key': 'k-1' }
  const items = [{ product_id: 33, quantity: 2 }]
  const answers = await times(20, async () => await place(shop, 1, items, key))
  t.equal(
    new Set(answers.map(({ status, text, headers }) => `${status} ${text} ${headers.location} ${headers.etag}`)).size,
    1, 'twenty at once get one answer'
  )
  t.equal(answers[0]!.status, 201)
  t.equal(answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true').length, 19,
    'marked on all but one')
  t.equal((await sql`select from orders.orders`).length, 1)
  const { json: { data: [order] }, text } = answers[0]!

  await call('PATCH', `/orders/${order.order_id}`, { status: 'paid' }, caller)
  t.equal((await place(shop, 1, items, key)).text, text, 'the first answer, also when the order has moved on')
  await call('DELETE', `/orders/${order.order_id}`, undefined, caller)
  t.equal((await place(shop, 1, items, key)).text, text, 'or is gone')
  refuses(t, await place(shop, 1, [{ product_id: 33, quantity: 3 }], key), 422, 'IDEMPOTENCY_KEY_REUSED')
  refuses(t, await place(shop, 2, items, key), 422, 'IDEMPOTENCY_KEY_REUSED')
  t.equal((await sql`select from orders.orders`).length, 0, 'none of it made another')

  const bearer = { authorization: 'Bearer shop-a', 'idempotency-key': 'k-1' }
  t.equal((await place(shop, 1, items, bearer)).text, text, 'the same caller by another header')
  const other = await place(shop, 1, items, { 'x-api-key': 'shop-b', 'idempotency-key': 'k-1' })
  t.equal(other.headers['idempotency-replayed'], undefined, 'another caller’s key is another key')
  t.equal(other.status, 201)
  t.not(other.json.data[0].order_id, order.order_id)

  await sql`update gateway.idempotency_keys set created_at = now() - interval '23 hours 59 minutes'`
  t.equal((await place(shop, 1, items, key)).text, text, 'a key lives 24 hours')
  await sql`update gateway.idempotency_keys set created_at = now() - interval '24 hours 1 minute'`
  const anew = await times(10, async () => await place(shop, 1, [{ product_id: 33, quantity: 9 }], key))
  t.equal(new Set(anew.map(({ text }) => text)).size, 1, 'and no longer')
  t.match(anew[0], { status: 201, json: { data: [{ total_quantity: 9 }] } })
  t.equal((await sql`select from orders.orders`).length, 2)
  for (const faulty of ['', 'a b', 'ü', 'x'.repeat(256)]) {
    refuses(t, await place(shop, 1, items, { ...caller, 'idempotency-key': faulty }), 400, 'INVALID_INPUT')
  }
})

t.test('an Idempotency-Key stands for what the JSON means, on every face', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const json = { 'content-type': 'application/json' }
  const person = { 'x-user-id': userId(2), 'x-user-email': 'user2@example.com' }
  const items = (id: unknown) => [
    `[{"product_id":${JSON.stringify(id)},"quantity":2},{"product_id":2,"quantity":1}]`,
    `[ { "quantity" : 2.0 , "product_id" : ${JSON.stringify(id)} },\n{"quantity":1e0,"product_id":2}]`
  ] as const
  const [plain, odd] = items(1)
  const cart =
    async (path: string, headers = {}) => { await call('PUT', path, { items: [{ product_id: 1 }] }, headers) }
  const cases: [string, string, string, Record<string, string>, (() => Promise<void>)?][] = [
    [
      '/orders', `{"user_id":"${userId(1)}","city":"K\u00f6ln","items":${plain}}`,
      `{"items":${odd},"city":"K\\u00f6ln","user_id":"${userId(1)}"}`, {}
    ],
    ['/legacy/orders', `{"user_id":"${userId(1)}","items":${plain}}`, `{"items":${odd},"user_id":"${userId(1)}"}`, {}],
    [
      '/api/v1/orders', `{"user_id":1,"status":"paid","items":${plain}}`,
      `{"status":"paid","items":${odd},"user_id":1}`, {}
    ],
    [
      '/api/orders', `{"items":${items('1')[0]},"shipping_address":{"street":"x","city":"y"}}`,
      `{"shipping_address":{"city":"y","street":"x"},"items":${items('1')[1]}}`, person
    ],
    [
      `/carts/${userId(1)}/checkout`, '{"city":"x","country":"y"}', '{"country":"y","city":"x"}', {},
      async () => await cart(`/carts/${userId(1)}`)
    ],
    [
      `/legacy/carts/${userId(1)}/checkout`, '{"city":"x","country":"y"}', '{"country":"y","city":"x"}', {},
      async () => await cart(`/carts/${userId(1)}`)
    ],
    [
      '/api/carts/me/checkout', '{"city":"x","country":"y"}', '{"country":"y","city":"x"}', person,
      async () => await cart('/api/carts/me', person)
    ]
  ]
  for (const [path, first, again, identity, prepare] of cases) {
    await prepare?.()
    const headers = { ...json, ...identity, 'idempotency-key': path }
    const answer = await call('POST', path, first, headers)
    t.ok(answer.status === 201 && answer.json.success !== false, `${path}: ${answer.text}`)
    const repeat = await call('POST', path, again, headers)
    t.equal(repeat.text, answer.text, path)
    t.equal(repeat.headers['idempotency-replayed'], 'true')
    const other = first.replace('"quantity":2', '"quantity":7').replace('"city":"x"', '"city":"z"')
    t.equal((await call('POST', path, other, headers)).status, 422, `${path}: another body`)
  }

  // The key of an older gateway: only the hash of the body as it was sent.
  await sql`update gateway.idempotency_keys set meaning_hash = null where key = '/orders'`
  const [, first, again] = cases[0]!
  const key = { ...json, 'idempotency-key': '/orders' }
  t.equal((await call('POST', '/orders', first, key)).headers['idempotency-replayed'], 'true',
    'a key made before this was compared')
  refuses(t, await call('POST', '/orders', again, key), 422, 'IDEMPOTENCY_KEY_REUSED')
  // And its question: no meaning comes along.
  const context = (hash: string) => JSON.stringify({
    caller: 'anonymous', idempotency_key: '/orders', request_hash: hash, request_id: 'x'
  })
  await t.rejects(sql`select * from orders.place('place', '{}', ${context('other')}::text::jsonb)`, {
    message: 'IDEMPOTENCY_KEY_REUSED'
  })
})

t.test('a refusal is an answer, too', async (t) => {
  const shop = await openShop(t)
  const key = { 'idempotency-key': 'k-1' }
  const answers = await times(10, async () => await place(shop, 1, [{ product_id: 32, quantity: 2 }], key))
  for (const answer of answers) refuses(t, answer, 409, 'INSUFFICIENT_STOCK')
  t.equal(new Set(answers.map(({ text }) => text)).size, 1, 'ten at once get one')
  t.equal(answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true').length, 9)
  await shop.sql`update products.inventory set stock = 10 where product_id = 32`
  t.equal((await place(shop, 1, [{ product_id: 32, quantity: 2 }], key)).text, answers[0]!.text,
    'it stays when the stock comes')
  t.equal((await place(shop, 1, [{ product_id: 32, quantity: 2 }], { 'idempotency-key': 'k-2' })).status, 201,
    'another key asks anew')
  refuses(t, await place(shop, 1, [{ product_id: 900 }], { 'idempotency-key': 'k-3' }), 400, 'PRODUCTS_NOT_FOUND',
    'Products not found: 900')
  refuses(t, await place(shop, 1, [{ product_id: 900 }], { 'idempotency-key': 'k-3' }), 400, 'PRODUCTS_NOT_FOUND',
    'Products not found: 900')
  t.equal((await place(shop, 1, [{ product_id: 1, quantity: 0 }], { 'idempotency-key': 'k-4' })).status, 400)
  t.equal((await place(shop, 1, [{ product_id: 1 }], { 'idempotency-key': 'k-4' })).status, 201,
    'a body that was never read uses up no key')
})
