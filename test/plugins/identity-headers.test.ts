import t from 'tap'
import { NOBODY, openShop, refuses, userId } from '../helper.ts'
import { BOSS, ORDER, upstream } from '../people.ts'

t.test('identity headers', async (t) => {
  const shop = await openShop(t, { TRUSTED_UPSTREAMS: '10.1.0.0/16, 192.0.2.7, 2001:db8::/32' })
  const from = async (remoteAddress: string, headers: Record<string, string>, url = '/api/orders') =>
    (await shop.app.inject({ url, headers, remoteAddress })).statusCode

  await t.test('count from TRUSTED_UPSTREAMS only', async (t) => {
    for (const address of [
      '10.1.0.1', '10.1.255.255', '192.0.2.7', '2001:db8::1', '::ffff:10.1.2.3', '2001:db8::1%eth0'
    ]) {
      t.equal(await from(address, BOSS, '/api/orders/all'), 200, address)
    }
    for (const address of [
      '10.2.0.1', '192.0.2.8', '127.0.0.1', '::1', '::ffff:10.2.0.1', '2001:db9::1', '203.0.113.9', ''
    ]) {
      t.equal(await from(address, BOSS), 401, address)
      t.equal(await from(address, BOSS, '/api/orders/all'), 401, `${address}: no admin by header`)
    }
  })

  await t.test('whatever the client says about its address', async (t) => {
    for (const name of [
      'x-forwarded-for', 'x-real-ip', 'forwarded', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip',
      'x-original-forwarded-for'
    ]) {
      t.equal(await from('203.0.113.9', { ...BOSS, [name]: name === 'forwarded' ? 'for=10.1.0.1' : '10.1.0.1' }), 401,
        name)
    }
    t.equal(await from('10.1.0.1', { ...BOSS, 'x-forwarded-for': '203.0.113.9' }), 200, 'the other way round, too')
  })

  await t.test('must be well-formed', async (t) => {
    const ask = async (headers: Record<string, string>) => await from('10.1.0.1', { ...upstream('42'), ...headers },
      '/api/orders/all')
    t.equal(await ask({}), 403, 'a customer')
    t.equal(await ask({ 'x-user-role': '' }), 403, 'without a role: a customer')
    t.equal(await from('10.1.0.1', { 'x-user-id': '42' }), 200, 'the id is enough')
    for (const role of ['ADMIN', 'root', 'customer, admin', 'admin, customer', 'admin ,', 'null']) {
      t.equal(await ask({ 'x-user-role': role }), 401, role)
    }
    for (const id of ['4 2', '42, 43', 'x'.repeat(256), 'ü']) t.equal(await ask({ 'x-user-id': id }), 401, id)
    for (const email of ['nobody', 'a@b, c@d', '@', `${'a'.repeat(250)}@b.example`]) {
      t.equal(await ask({ 'x-user-email': email }), 401, email)
    }
    t.equal(await ask({ 'x-user-id': '' }), 401, 'no id, nobody')
    t.equal(await from('10.1.0.1', {}), 401)
  })
})

t.test('without TRUSTED_UPSTREAMS: loopback in development, nobody in production', async (t) => {
  const development = await openShop(t)
  t.equal((await development.call('GET', '/api/orders', undefined, BOSS)).status, 200)
  const production = await openShop(t, { NODE_ENV: 'production', API_KEYS: 'a-key-of-16-chars' })
  refuses(t, await production.call('GET', '/api/orders', undefined, BOSS), 401, 'NOT_IDENTIFIED')
})

t.test('a trusted service may name a user of ours, and says what role the user has', async (t) => {
  const { call } = await openShop(t)
  const placed = await call('POST', '/api/orders', ORDER,
    upstream(userId(2).toUpperCase(), 'whatever@elsewhere.example'))
  t.match(placed, { status: 201, json: { user_id: userId(2), user_email: 'user2@example.com' } })
  t.equal((await call('GET', '/api/orders/all', undefined, upstream(userId(2), 'user2@example.com', 'admin'))).status,
    200)
  const stranger = await call('POST', '/api/orders', ORDER, upstream(NOBODY))
  t.match(stranger, { status: 201, json: { user_id: NOBODY } }, 'a UUID that is none of ours is one of theirs')
})
