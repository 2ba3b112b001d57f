import { createHmac } from 'node:crypto'
import t from 'tap'
import { openShop, refuses, userId } from '../helper.ts'
import { BOSS, ORDER, tokenOf } from '../people.ts'

const SECRET = 'a secret for tests, of 32 characters or more'
const now = () => Math.floor(Date.now() / 1000)
const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url')

/** A token made by hand, so that it can be wrong in any way. */
function forge (claims: object, { alg = 'HS256', hash = 'sha256', key = SECRET, header = {} } = {}): string {
  const text = `${encode({ alg, typ: 'JWT', ...header })}.${encode(claims)}`
  return `${text}.${alg === 'none' ? '' : createHmac(hash, key).update(text).digest('base64url')}`
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const someone = () => ({ userId: '42', email: 'a@elsewhere.example', role: 'customer', iat: now(), exp: now() + 60 })

t.test('tokens', async (t) => {
  const shop = await openShop(t)
  const get = async (headers: Record<string, string>, url = '/api/orders') => await shop.call('GET', url, undefined,
    headers)

  await t.test('of ours, and of another service with our key', async (t) => {
    t.equal((await get(tokenOf(shop, 1))).status, 200)
    t.equal((await get(bearer(forge(someone())))).status, 200)
    t.equal((await get({ authorization: `bearer ${forge(someone())}` })).status, 200, 'the scheme in any case')
    t.equal((await get(bearer(forge({ ...someone(), userId: 42 })))).status, 200, 'an id that is a number')
    const { email, role, ...least } = someone()
    t.equal((await get(bearer(forge(least)))).status, 200, 'without email and role: a customer')
    refuses(t, await get(bearer(forge(least)), '/api/orders/all'), 403, 'FORBIDDEN')
    t.equal((await get(bearer(forge({ ...someone(), role: 'admin' })), '/api/orders/all')).status, 200)
  })

  await t.test('carry the contract’s claims and expire', async (t) => {
    const { app } = await openShop(t, { ACCESS_TOKEN_EXPIRE_MINUTES: '7', DATABASE_URL: shop.url })
    const token = app.issueToken({ user_id: userId(1), email_address: 'user1@example.com', role: 'customer' })
    const [header, claims] = token.split('.').slice(0, 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
    t.match(header, { alg: 'HS256' })
    t.match(claims, { userId: userId(1), email: 'user1@example.com', role: 'customer' })
    t.equal(claims.exp - claims.iat, 7 * 60)
    t.notOk('iss' in claims)
  })

  await t.test('that prove nothing are a 401, also with identity headers beside them', async (t) => {
    const { exp, ...eternal } = someone()
    const faulty: Record<string, string> = {
      'algorithm none': forge(someone(), { alg: 'none' }),
      'algorithm None': forge(someone(), { alg: 'None', key: '' }),
      'none with our signature': forge(someone()).replace(/^[^.]+/, encode({ alg: 'none' })),
      HS512: forge(someone(), { alg: 'HS512', hash: 'sha512' }),
      HS384: forge(someone(), { alg: 'HS384', hash: 'sha384' }),
      RS256: forge(someone(), { alg: 'RS256' }),
      'another key': forge(someone(), { key: 'another secret of 32 characters or more' }),
      'no key': forge(someone(), { key: '' }),
      'a key of its own': forge(someone(), {
        key: 'mine', header: { jwk: { kty: 'oct', k: 'bWluZQ' }, kid: '/dev/null' }
      }),
      'another’s claims': forge(someone()).replace(/\.[^.]+\./, `.${encode({ ...someone(), role: 'admin' })}.`),
      expired: forge({ ...someone(), exp: now() - 1 }),
      'not valid yet': forge({ ...someone(), nbf: now() + 60 }),
      'an end that is no number': forge({ ...eternal, exp: 'never' }),
      'without an id': forge({ ...someone(), userId: undefined }),
      'an empty id': forge({ ...someone(), userId: '' }),
      'an id that is an object': forge({ ...someone(), userId: { $ne: null } }),
      'an id with a line break': forge({ ...someone(), userId: '4\n2' }),
      'an id without end': forge({ ...someone(), userId: 'x'.repeat(256) }),
      'another role': forge({ ...someone(), role: 'root' }),
      'a role in a list': forge({ ...someone(), role: ['admin'] }),
      'an address that is none': forge({ ...someone(), email: 'a@b\r\nBcc: c@d' }),
      'critical extensions': forge(someone(), { header: { crit: ['b64'], b64: false } }),
      'a list': forge([someone()]),
      nothing: 'x',
      dots: '..'
    }
    for (const [name, token] of Object.entries(faulty)) {
      const answer = await get({ ...bearer(token), ...BOSS })
      refuses(t, answer, 401, 'NOT_IDENTIFIED')
      t.match(answer.headers, { 'www-authenticate': /^Bearer$/ }, name)
    }
    for (const authorization of ['', 'Bearer', 'Bearer  ', 'Basic Ym9zczpib3Nz', forge(someone())]) {
      refuses(t, await get({ authorization, ...BOSS }), 401, 'NOT_IDENTIFIED')
    }
  })

  await t.test('win over headers', async (t) => {
    const placed = await shop.call('POST', '/api/orders', ORDER, { ...tokenOf(shop, 1), ...BOSS })
    t.equal(placed.json.user_id, userId(1))
    refuses(t, await get({ ...tokenOf(shop, 1), ...BOSS }, '/api/orders/all'), 403, 'FORBIDDEN')
  })
})

t.test('with JWT_ISSUER a token must name it', async (t) => {
  const shop = await openShop(t, { JWT_ISSUER: 'https://shop.example' })
  const get = async (token: string) => await shop.call('GET', '/api/orders', undefined, bearer(token))
  t.equal((await shop.call('GET', '/api/orders', undefined, tokenOf(shop, 1))).status, 200, 'ours does')
  t.equal((await get(forge({ ...someone(), iss: 'https://shop.example' }))).status, 200)
  for (const iss of ['https://shop.example.evil', '', ['https://shop.example'], null, undefined]) {
    refuses(t, await get(forge({ ...someone(), iss })), 401, 'NOT_IDENTIFIED')
  }
})

t.test('a token’s word against the database’s', async (t) => {
  const shop = await openShop(t)
  const { call, sql, app } = shop
  const admin = bearer(app.issueToken({ user_id: userId(1), email_address: 'user1@example.com', role: 'admin' }))
  const all = async (headers: Record<string, string>) => await call('GET', '/api/orders/all', undefined, headers)

  refuses(t, await all(admin), 403, 'FORBIDDEN')
  await sql`update users.users set role = 'admin' where id = 1`
  t.equal((await all(admin)).status, 200)
  t.equal((await all(tokenOf(shop, 1))).status, 200, 'who is an admin now is one with the token of before')
  await sql`update users.users set role = 'customer' where id = 1`
  refuses(t, await all(admin), 403, 'FORBIDDEN')
  refuses(t, await all(bearer(forge({ ...someone(), userId: userId(1).toUpperCase(), role: 'admin' }))), 403,
    'FORBIDDEN')

  await call('DELETE', `/users/${userId(1)}`, { password: 'password' })
  refuses(t, await call('GET', '/api/orders', undefined, tokenOf(shop, 1)), 401, 'NOT_IDENTIFIED')
  refuses(t, await call('POST', '/api/orders', ORDER, admin), 401, 'NOT_IDENTIFIED')
})

t.test('what needs no identity takes no offence at a wrong one', async (t) => {
  const { call } = await openShop(t)
  for (const url of ['/api/products', '/api/products/1']) {
    t.equal((await call('GET', url)).status, 200)
    t.equal((await call('GET', url, undefined, { authorization: 'Bearer x' })).status, 200)
  }
  t.equal(
    (await call('POST', '/api/auth/login', { email: 'user1@example.com', password: 'password' }, {
      authorization: 'Bearer x'
    })).status,
    200
  )
})

t.test('an API key opens nothing here, and a token nothing on the service API', async (t) => {
  const shop = await openShop(t, { API_KEYS: 'key' })
  refuses(t, await shop.call('GET', '/api/orders', undefined, { 'x-api-key': 'key' }), 401, 'NOT_IDENTIFIED')
  refuses(t, await shop.call('GET', '/api/orders', undefined, { authorization: 'Bearer key' }), 401, 'NOT_IDENTIFIED')
  refuses(t, await shop.call('GET', '/orders', undefined, tokenOf(shop, 1)), 401, 'NOT_IDENTIFIED')
})
