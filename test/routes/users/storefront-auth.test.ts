import t from 'tap'
import { openShop, refuses } from '../../helper.ts'
import { ORDER } from '../../people.ts'

const ada = { email: 'Ada@Example.com', password: 'correct horse', firstName: 'Ada', lastName: 'Lovelace' }

t.test('registering makes a customer, who is logged in', async (t) => {
  const { call, sql } = await openShop(t)
  const { status, json } = await call('POST', '/api/auth/register', { ...ada, role: 'admin', isAdmin: true })
  t.equal(status, 201)
  t.match(json, {
    message: /./,
    token: /^ey/,
    user: { email: 'Ada@Example.com', firstName: 'Ada', lastName: 'Lovelace', role: 'customer' }
  })
  t.match([...await sql`select external_user_id as id, role from users.users where email_address = 'Ada@Example.com'`],
    [{ id: json.user.id, role: 'customer' }])
  t.notMatch(JSON.stringify(json), /password|argon/)

  const headers = { authorization: `Bearer ${json.token}` }
  t.match((await call('POST', '/api/orders', ORDER, headers)).json, {
    user_id: json.user.id, customer_name: 'Ada Lovelace', customer_email: 'Ada@Example.com'
  })
  t.match((await call('GET', `/users/${json.user.id}`)).json, { first_name: 'Ada', email_address: 'Ada@Example.com' },
    'the service API knows the user')

  refuses(t, await call('POST', '/api/auth/register', { ...ada, email: 'ada@example.COM' }), 409,
    'EMAIL_ALREADY_EXISTS', 'Email address already exists')
  const twins = await Promise.all([1, 2, 3].map(
    async () => await call('POST', '/api/auth/register', { ...ada, email: 'twin@example.com' })
  ))
  t.strictSame(twins.map(({ status }) => status).sort(), [201, 409, 409])
})

t.test('what is missing or faulty is a 400', async (t) => {
  const { call } = await openShop(t)
  for (const fault of [
    { email: undefined }, { email: 'nobody' }, { password: 'short' }, { password: undefined }, { password: 12345678 },
    { password: 'x'.repeat(1025) }, { firstName: undefined }, { firstName: ' ' }, { lastName: '' },
    { lastName: 'x\u0000' }
  ]) refuses(t, await call('POST', '/api/auth/register', { ...ada, ...fault }), 400, 'INVALID_INPUT')
  t.equal((await call('POST', '/api/auth/register', { ...ada, password: 'ü'.repeat(512) })).status, 201, '1,024 bytes')
})

t.test('logging in', async (t) => {
  const { call, sql } = await openShop(t)
  const logIn = async (email: string, password: string) => await call('POST', '/api/auth/login', { email, password })
  await sql`update users.users set pending_order_notification = true where id = 2`

  const { status, json } = await logIn('USER2@example.com', 'password')
  t.equal(status, 200)
  t.match(json, {
    message: /./,
    token: /^ey/,
    user: {
      email: 'user2@example.com', firstName: 'User', lastName: 'No2', role: 'customer', pending_order_notification: true
    }
  })
  t.equal((await logIn('user2@example.com', 'password')).json.user.pending_order_notification, false,
    'a reminder that was shown is delivered')
  t.ok((await call('GET', `/users/${json.user.id}`)).json.last_login)

  await sql`update users.users set role = 'admin' where id = 2`
  const admin = (await logIn('user2@example.com', 'password')).json
  t.equal(admin.user.role, 'admin')
  t.equal((await call('GET', '/api/orders/all', undefined, { authorization: `Bearer ${admin.token}` })).status, 200)

  await sql`update users.users set hashed_password = null where id = 3`
  for (const [email, password] of [
    ['user1@example.com', 'Password'], ['nobody@example.com', 'password'], ['user3@example.com', 'password'],
    ['user1@example.com', '']
  ] as const) {
    refuses(t, await logIn(email, password), 401, 'INVALID_CREDENTIALS', 'Invalid email or password')
  }
})
