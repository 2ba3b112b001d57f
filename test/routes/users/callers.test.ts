import t from 'tap'
import { openShop, refuses, userId } from '../../helper.ts'
import { ORDER, tokenOf, upstream } from '../../people.ts'

t.test('another service’s user becomes one of ours with the first order', async (t) => {
  const { call, sql } = await openShop(t)
  const zoe = upstream('507f1f77bcf86cd799439011', 'Zoë.Müller@elsewhere.example')
  zoe['x-user-email'] = Buffer.from(zoe['x-user-email']!, 'utf8').toString('latin1')
  t.equal((await call('GET', '/api/orders', undefined, zoe)).json.total, 0)
  t.equal((await sql`select from users.users where upstream_user_id is not null`).length, 0,
    'reading leaves nothing behind')

  const placed = await call('POST', '/api/orders', ORDER, zoe)
  t.match(placed, {
    status: 201,
    json: {
      user_id: '507f1f77bcf86cd799439011', customer_email: 'Zoë.Müller@elsewhere.example', customer_name: 'Zoë.Müller'
    }
  })
  t.match(
    [...await sql`select hashed_password, role, upstream_user_id from users.users where email_address like 'Zo%'`],
    [{ hashed_password: null, role: 'customer', upstream_user_id: '507f1f77bcf86cd799439011' }]
  )
  refuses(t, await call('POST', '/users/login', { email_address: 'Zoë.Müller@elsewhere.example', password: '' }), 401,
    'INVALID_CREDENTIALS')

  await call('POST', '/api/orders', ORDER, upstream('507f1f77bcf86cd799439011', 'moved@elsewhere.example'))
  t.equal((await call('GET', '/api/orders', undefined, zoe)).json.total, 2, 'the id counts, also with another address')
  t.equal((await sql`select from users.users where upstream_user_id is not null`).length, 1)
})

t.test('fifteen first requests at once make one user', async (t) => {
  const { call, sql } = await openShop(t)
  const answers = await Promise.all(Array.from({ length: 15 }, async (_, n) => n % 3 === 2
    ? await call('POST', '/api/carts/me/items', { product_id: 1, quantity: 1 }, upstream('zoe'))
    : await call('POST', '/api/orders', ORDER, upstream('zoe'))))
  t.strictSame(answers.map(({ status }) => status).sort(), [...Array(5).fill(200), ...Array(10).fill(201)],
    answers.map(({ status, json }) => json.code ?? status).join())
  t.strictSame([...await sql`select count(*)::int from users.users where upstream_user_id = 'zoe'`.values()], [[1]])
  t.equal((await call('GET', '/api/orders', undefined, upstream('zoe'))).json.total, 10)
  t.equal((await call('GET', '/api/carts/me', undefined, upstream('zoe'))).json.total_quantity, 5)
})

t.test('whose address is that of a user of ours is that user', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const ada = upstream('ada-there', 'USER1@Example.com')
  await call('POST', '/api/orders', ORDER, tokenOf(shop, 1))
  const first = await Promise.all([1, 2, 3].map(async () => await call('POST', '/api/orders', ORDER, ada)))
  t.strictSame(first.map(({ status, json }) => [status, json.user_id]), Array(3).fill([201, 'ada-there']))
  t.equal((await call('GET', '/api/orders', undefined, ada)).json.total, 4)
  const own = (await call('GET', '/api/orders', undefined, tokenOf(shop, 1))).json
  t.equal(own.total, 4, 'one person')
  t.strictSame(new Set(own.orders.map((order: any) => order.user_id)), new Set([userId(1)]),
    'called by the id of the day')
  t.strictSame([...await sql`select upstream_user_id, role, email_address from users.users where id = 1`],
    [{ upstream_user_id: 'ada-there', role: 'customer', email_address: 'user1@example.com' }])

  await sql`update users.users set role = 'admin' where id = 2`
  await call('POST', '/api/orders', ORDER, upstream('bob-there', 'user2@example.com'))
  refuses(t, await call('GET', '/api/orders/all', undefined, upstream('bob-there', 'user2@example.com')), 403,
    'FORBIDDEN')
})

t.test('and is that user before the first order, too', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const { json: placed } = await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 7 }] })
  const id = placed.data[0].order_id
  const ada = upstream('ada-there', 'USER1@Example.com')
  t.match((await call('GET', '/api/orders', undefined, ada)).json, { total: 1, orders: [{ id, user_id: 'ada-there' }] })
  t.match(await call('GET', `/api/orders/${id}`, undefined, ada), { status: 200, json: { user_id: 'ada-there' } })
  t.equal((await sql`select from users.users where upstream_user_id is not null`).length, 0,
    'reading leaves nothing behind')

  t.match(await call('PATCH', `/api/orders/${id}/cancel`, undefined, ada), {
    status: 200, json: { status: 'cancelled' }
  })
  t.match(await call('GET', '/api/users/me', undefined, ada), {
    status: 200, json: { user_id: 'ada-there', email_address: 'user1@example.com' }
  })
  t.equal((await call('GET', '/api/orders', undefined, upstream('ada-there', 'moved@elsewhere.example'))).json.total,
    1, 'the id counts from now on')
  t.equal((await call('GET', '/api/orders', undefined, upstream('other', 'user1@example.com'))).json.total, 0,
    'and nobody else’s')
  refuses(t, await call('GET', `/api/orders/${id}`, undefined, upstream('other', 'user1@example.com')), 403,
    'FORBIDDEN')
})

t.test('of a caller who is new here an address is needed', async (t) => {
  const { call } = await openShop(t)
  const nameless = { 'x-user-id': 'nameless' }
  refuses(t, await call('POST', '/api/orders', ORDER, nameless), 400, 'EMAIL_REQUIRED')
  await call('POST', '/api/orders', ORDER, upstream('nameless'))
  t.equal((await call('POST', '/api/orders', ORDER, nameless)).status, 201, 'but not of one who is known')
})

t.test('ids of ours and of others are never mixed up', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  for (const id of ['1', 'me', '400000', 'null', '%00', "' or 1=1 --".replaceAll(' ', '')]) {
    const placed = await call('POST', '/api/orders', ORDER,
      upstream(id, `id-${id.length}-${id.charCodeAt(0)}@elsewhere.example`))
    t.match(placed, { status: 201, json: { user_id: id } }, id)
    t.equal((await call('GET', '/api/orders', undefined, upstream(id))).json.total, 1)
  }
  t.equal((await call('GET', '/api/orders', undefined, tokenOf(shop, 1))).json.total, 0)
})
