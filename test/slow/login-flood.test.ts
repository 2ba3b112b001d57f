import t from 'tap'
import { all } from '../checks.ts'
import { hashAsInProduction } from '../hashing.ts'
import { openOwnShop, type Answer, type Shop } from '../helper.ts'

const EMAIL = 'user1@example.com'
const from = (address: string) => ({ 'x-forwarded-for': address })
const logIn = async (call: Shop['call'], email: string, password: string, headers: Record<string, string>) =>
  await call('POST', '/api/auth/login', { email, password }, headers)

t.test('one address cannot keep the others’ logins out', async (t) => {
  hashAsInProduction(t)
  const { call } = await openOwnShop(t, { API_KEYS: 'a-key' })
  let answered = 0
  const flood = Array.from({ length: 100 }, async (_, n) => {
    const { status } = await logIn(call, `nobody${n}@example.com`, 'wrong', from('203.0.113.66'))
    answered += Number(status === 401)
    return status
  })
  for (const address of ['203.0.113.7', '2001:db8::7']) {
    const login = await logIn(call, EMAIL, 'password', from(address))
    t.equal(login.status, 200, `from ${address}`)
  }
  const backend = await call('POST', '/users/login', { email_address: EMAIL, password: 'password' }, {
    'x-api-key': 'a-key'
  })
  t.equal(backend.status, 200, 'through the shop’s backend')
  t.ok(answered < 20, `while the flood waited: ${answered} of its 100 had their turn`)
  const statuses = await Promise.all(flood)
  all(t, statuses, (status) => status === 401 || status === 503, 'every login is answered')
  t.ok(statuses.includes(401), 'some are looked at')
})

t.test('from one address ten times as many may fail, whatever the email, then 429', async (t) => {
  const { call } = await openOwnShop(t, { API_KEYS: 'a-key', LOGIN_RATE_LIMIT: '1' })
  const spread = async (n: number, headers: Record<string, string>) => await logIn(call, `nobody${n}@example.com`,
    'wrong', headers)
  const answers: Answer[] = []
  for (let n = 0; n < 11; n++) answers.push(await spread(n, from('203.0.113.20')))
  t.same(answers.map(({ status }) => status), [...Array.from({ length: 10 }, () => 401), 429])
  t.match(answers[10]!.headers, { 'ratelimit-limit': '10', 'ratelimit-remaining': '0', 'retry-after': /^\d+$/ })
  t.equal((await logIn(call, 'user1@example.com', 'password', from('203.0.113.20'))).status, 429, 'the right one, too')
  t.equal((await logIn(call, 'user1@example.com', 'password', from('203.0.113.21'))).status, 200,
    'from elsewhere all is well')
})
