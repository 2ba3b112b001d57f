import t from 'tap'
import { openShop, refuses, userId, type Shop } from '../helper.ts'

const KEY = { 'x-api-key': 'a-key' }
const from = (address: string) => ({ 'x-forwarded-for': address })

/** Logs in as the fixture's users, who all have the password `password`. */
const logIn = async ({ call }: Shop, email: string, password: string, headers = {}) =>
  await call('POST', '/users/login', { email_address: email, password }, { ...KEY, ...headers })

const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status)

t.test('failed logins for one email from one address', async (t) => {
  const shop = await openShop(t, { API_KEYS: 'a-key', LOGIN_RATE_LIMIT: '2' })
  const [email, other] = ['user1@example.com', 'user2@example.com'] as const

  await t.test('each says how many are left', async (t) => {
    for (const remaining of ['1', '0']) {
      const answer = await logIn(shop, email, 'wrong')
      refuses(t, answer, 401, 'INVALID_CREDENTIALS')
      t.match(answer.headers, { 'ratelimit-limit': '2', 'ratelimit-remaining': remaining, 'ratelimit-reset': /^\d+$/ })
    }
  })

  await t.test('then 429 with Retry-After, whatever the password and the email’s case', async (t) => {
    for (const [address, password] of [[email, 'wrong'], [email, 'password'], [email.toUpperCase(), 'wrong']]) {
      const answer = await logIn(shop, address, password)
      refuses(t, answer, 429, 'TOO_MANY_REQUESTS', 'Too many requests')
      const seconds = Number(answer.headers['retry-after'])
      t.ok(seconds > 0 && seconds <= 60, `retry after ${seconds} s`)
    }
  })

  await t.test('from another address, and for another email, all is well', async (t) => {
    t.equal((await logIn(shop, email, 'password', from('203.0.113.7'))).status, 200)
    t.equal((await logIn(shop, other, 'password')).status, 200)
  })

  await t.test('an unknown email is limited like a known one', async (t) => {
    const answers = []
    for (let n = 0; n < 3; n++) answers.push(await logIn(shop, 'nobody@example.com', 'wrong'))
    t.same(statuses(answers), [401, 401, 429])
  })

  await t.test('at the same moment no more are told that they were wrong', async (t) => {
    const answers = await Promise.all(Array.from({ length: 5 },
      async () => await logIn(shop, email, 'wrong', from('203.0.113.8'))))
    t.same(statuses(answers).sort(), [401, 401, 429, 429, 429])
  })

  await t.test('right ones are never counted', async (t) => {
    const headers = from('203.0.113.9')
    for (let n = 0; n < 3; n++) t.equal((await logIn(shop, email, 'password', headers)).status, 200)
    t.match((await logIn(shop, email, 'password', headers)).headers, { 'ratelimit-remaining': '2' })
  })

  await t.test('of IPv6 a whole /64 is one address; IPv4 in IPv6 notation is IPv4', async (t) => {
    for (const address of ['2001:db8::1', '2001:db8::2']) await logIn(shop, email, 'wrong', from(address))
    t.equal((await logIn(shop, email, 'password', from('2001:db8::4'))).status, 429)
    t.equal((await logIn(shop, email, 'password', from('2001:db8:0:1::4'))).status, 200)
    for (let n = 0; n < 2; n++) await logIn(shop, email, 'wrong', from('198.51.100.1'))
    t.equal((await logIn(shop, email, 'password', from('::ffff:198.51.100.1'))).status, 429)
  })
})

t.test('failed passwords of one user, on whatever route', async (t) => {
  const { call } = await openShop(t, { LOGIN_RATE_LIMIT: '3' })
  const wrong = {
    password: 'wrong', current_password: 'wrong', new_password: 'long enough', new_email_address: 'new@example.com'
  }
  refuses(t, await call('PUT', `/users/${userId(1)}/password`, wrong), 400, 'CURRENT_PASSWORD_INCORRECT')
  refuses(t, await call('POST', `/users/${userId(1)}/email`, wrong), 400, 'CURRENT_PASSWORD_INCORRECT')
  refuses(t, await call('DELETE', `/users/${userId(1)}`, wrong), 400, 'PASSWORD_INCORRECT')
  const right = { ...wrong, password: 'password', current_password: 'password' }
  for (const [method, path] of [
    ['PUT', '/password'], ['POST', '/password'], ['PUT', '/email'], ['POST', '/email'], ['DELETE', '']
  ] as const) {
    refuses(t, await call(method, `/users/${userId(1)}${path}`, right), 429, 'TOO_MANY_REQUESTS')
  }
  t.equal((await call('PUT', `/users/${userId(2)}/password`, right)).status, 200, 'another user is none the wiser')
  t.equal((await call('GET', `/users/${userId(1)}`)).status, 200, 'and the limited one is still there')
})

t.test('forwarded addresses count only from trusted upstreams', async (t) => {
  const shop = await openShop(t, { TRUSTED_UPSTREAMS: '10.0.0.0/8', LOGIN_RATE_LIMIT: '1' })
  const statusesOf = async (peer: string, forwarded: string[]) => statuses(
    await Promise.all(forwarded.map(async (address) => {
      const { statusCode } = await shop.app.inject({
        method: 'POST',
        url: '/users/login',
        remoteAddress: peer,
        headers: from(address),
        payload: { email_address: 'a@example.com', password: 'wrong' }
      })
      return { status: statusCode }
    }))
  ).sort()
  t.same(await statusesOf('192.0.2.1', ['203.0.113.1', '203.0.113.2']), [401, 429], 'a stranger’s word is ignored')
  t.same(await statusesOf('10.1.2.3', ['203.0.113.1', '203.0.113.2']), [401, 401], 'a trusted upstream’s is believed')
  t.same(await statusesOf('::ffff:10.1.2.3', ['203.0.113.3', '203.0.113.3']), [401, 429])
  t.same(await statusesOf('10.1.2.3', ['1.1.1.1, 203.0.113.4', '2.2.2.2, 203.0.113.4']), [401, 429],
    'but not what it was told itself')
  t.same(await statusesOf('10.1.2.3', ['no address', 'no address']), [401, 429], 'nonsense is as nothing')
})
