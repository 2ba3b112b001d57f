import t from 'tap'
import { openShop, userId } from '../../helper.ts'
import { ORDER, upstream } from '../../people.ts'

t.test('several callers may have one address, and each has the own orders', async (t) => {
  const { call, sql } = await openShop(t)
  for (const id of ['old', 'new', 'third']) {
    t.match(await call('POST', '/api/orders', ORDER, upstream(id, 'shared@elsewhere.example')), {
      status: 201, json: { customer_email: 'shared@elsewhere.example' }
    })
    t.equal((await call('GET', '/api/orders', undefined, upstream(id, 'shared@elsewhere.example'))).json.total, 1)
  }
  // One of them is an account of ours already: the next one is not.
  t.equal((await call('POST', '/api/orders', ORDER, upstream('first', 'user1@example.com'))).status, 201)
  t.equal((await call('POST', '/api/orders', ORDER, upstream('second', 'user1@example.com'))).status, 201)
  t.strictSame(
    [
      ...await sql`select upstream_user_id as id, origin from users.users where email_address = 'user1@example.com'
        order by id`
    ],
    [{ id: 'first', origin: 'service' }, { id: 'second', origin: 'upstream' }]
  )
  t.match(
    await call('POST', '/api/auth/register', {
      email: 'shared@elsewhere.example', password: 'password', firstName: 'A', lastName: 'B'
    }),
    { status: 201 }, 'a guest’s address can be registered'
  )
})

t.test('the address is the one the caller says now, each time', async (t) => {
  const { call, sql } = await openShop(t)
  const { json: order } = await call('POST', '/api/orders', ORDER, upstream('zoe', 'first@elsewhere.example'))
  t.match((await call('GET', `/api/orders/${order.id}`, undefined, upstream('zoe', 'second@elsewhere.example'))).json,
    { user_email: 'second@elsewhere.example', customer_email: 'first@elsewhere.example' })
  t.match((await call('POST', '/api/orders', ORDER, upstream('zoe', 'third@elsewhere.example'))).json, {
    customer_email: 'third@elsewhere.example'
  })
  t.match((await call('GET', '/api/users/me', undefined, upstream('zoe', 'Third@elsewhere.example'))).json, {
    email_address: 'Third@elsewhere.example'
  })
  t.match((await call('GET', '/api/users/me', undefined, { 'x-user-id': 'zoe' })).json,
    { email_address: 'Third@elsewhere.example' }, 'nothing said, nothing changed')

  await call('POST', '/api/orders', ORDER, upstream('ada', 'user1@example.com'))
  t.match((await call('POST', '/api/orders', ORDER, upstream('ada', 'other@elsewhere.example'))).json,
    { customer_email: 'user1@example.com' }, 'an account of ours keeps the one it logs in with')
  t.equal((await sql`select from users.users where upstream_user_id is not null`).length, 2)
})

t.test('accounts that people registered themselves are joined to nobody', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const { json: squatter } = await call('POST', '/api/auth/register', {
    email: 'later@elsewhere.example', password: 'password', firstName: 'A', lastName: 'B'
  })
  const own = { authorization: `Bearer ${squatter.token}` }
  const later = upstream('later', 'later@elsewhere.example')
  t.equal((await call('POST', '/api/orders', ORDER, later)).status, 201)
  t.equal((await call('GET', '/api/orders', undefined, own)).json.total, 0, 'whoever registered sees nothing of it')
  t.equal((await call('GET', '/api/orders', undefined, later)).json.total, 1)

  for (const origin of [null, 'storefront', 'operator', 'upstream']) {
    await sql`update users.users set origin = ${origin}, upstream_user_id = null where id = 2`
    t.equal((await call('POST', '/api/orders', ORDER, upstream(`of-${origin}`, 'user2@example.com'))).status, 201)
    t.match([...await sql`select upstream_user_id as id from users.users where id = 2`], [{ id: null }], `${origin}`)
  }
  await sql`update users.users set origin = 'loaded', upstream_user_id = null where id = 2`
  await call('POST', '/api/orders', ORDER, upstream('of-loaded', 'user2@example.com'))
  t.match([...await sql`select upstream_user_id as id from users.users where id = 2`], [{ id: 'of-loaded' }])
})

t.test('nor is a caller whose address nobody has looked at', async (t) => {
  const shop = await openShop(t)
  const { call, sql, app } = shop
  const token = (claims: object) => ({
    authorization: `Bearer ${app.jwt.sign({ userId: 'zoe', email: 'user3@example.com', ...claims })}`
  })
  await call('POST', '/orders', { user_id: userId(3), items: [{ product_id: 7 }] })
  for (const verified of [false, 'false']) {
    t.equal((await call('GET', '/api/orders', undefined, token({ email_verified: verified }))).json.total, 0)
    t.equal(
      (await call(
        'GET', '/api/orders', undefined, token({ email_verified: verified, userId: `x-${verified}` })
      )).json.total,
      0
    )
  }
  t.equal((await call('GET', '/api/orders', undefined, token({ email_verified: true }))).json.total, 1)
  const placed = await call('POST', '/api/orders', ORDER, token({ email_verified: false }))
  t.match(placed, { status: 201, json: { customer_email: 'user3@example.com', user_id: 'zoe' } })
  t.match([...await sql`select upstream_user_id as id from users.users where id = 3`], [{ id: null }])
  t.equal((await call('GET', '/api/orders', undefined, token({ email_verified: true }))).json.total, 1,
    'the id counts from now on')
})
