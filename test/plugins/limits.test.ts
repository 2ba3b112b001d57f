import t from 'tap'
import { openShop, refuses } from '../helper.ts'

const KEY = { 'x-api-key': 'a-key' }
const from = (address: string) => ({ 'x-forwarded-for': address })
const statuses = (answers: { status: number }[]) => answers.map(({ status }) => status)

t.test('requests in general', async (t) => {
  const shop = await openShop(t, { API_KEYS: 'a-key', ADMIN_API_KEYS: 'admin-key', RATE_LIMIT: '5' })
  const get = async (path: string, headers: Record<string, string>) => await shop.call('GET', path, undefined, headers)

  await t.test('without a key so many a minute from one address, then 429, on whatever route', async (t) => {
    const stranger = from('203.0.113.1')
    const answers = []
    for (const path of ['/', '/openapi.json', '/nothing', '/products/1', '/redoc']) {
      answers.push(await get(path, stranger))
    }
    t.same(statuses(answers), [200, 200, 404, 401, 200])
    t.match(answers[0]!.headers, { 'ratelimit-limit': '5', 'ratelimit-remaining': '4' })
    const answer = await get('/', stranger)
    refuses(t, answer, 429, 'TOO_MANY_REQUESTS')
    t.match(answer.headers, { 'retry-after': /^\d+$/, 'ratelimit-remaining': '0' })
    refuses(t, await get('/departments', { ...stranger, 'x-api-key': 'wrong' }), 429, 'TOO_MANY_REQUESTS')
    t.equal((await get('/', from('203.0.113.2'))).status, 200, 'another address')
  })

  await t.test('probes always get their answer', async (t) => {
    for (const path of ['/livez', '/readyz', '/health', '/livez/']) {
      for (let n = 0; n < 3; n++) t.equal((await get(path, from('203.0.113.1'))).status, 200, path)
    }
  })

  await t.test('a caller with a key is not limited, nor a trusted upstream itself', async (t) => {
    const callers = [
      { ...from('203.0.113.1'), ...KEY }, { ...from('203.0.113.1'), authorization: 'Bearer a-key' },
      { ...from('203.0.113.1'), 'x-api-key': 'admin-key' }, {}
    ]
    for (const headers of callers) {
      for (let n = 0; n < 8; n++) t.equal((await get('/', headers)).status, 200)
      t.notOk('ratelimit-limit' in (await get('/', headers)).headers)
    }
  })
})

t.test('RATE_LIMIT=0 is no limit', async (t) => {
  const { call } = await openShop(t, { API_KEYS: 'a-key', RATE_LIMIT: '0', TRUSTED_UPSTREAMS: '10.0.0.1' })
  for (let n = 0; n < 5; n++) t.notOk('ratelimit-limit' in (await call('GET', '/')).headers)
})

t.test('without keys in development nobody is limited in general', async (t) => {
  const { call } = await openShop(t, { RATE_LIMIT: '1' })
  for (let n = 0; n < 3; n++) t.equal((await call('GET', '/products/1', undefined, from('203.0.113.1'))).status, 200)
})

t.test('registration has a limit of its own, wide for callers with a key', async (t) => {
  const { call } = await openShop(t, { API_KEYS: 'a-key' })
  const answer = await call('POST', '/users', {
    first_name: 'Ada', last_name: 'Lovelace', email_address: 'ada@example.com', password: 'long enough'
  }, KEY)
  t.match(answer, { status: 201, headers: { 'ratelimit-limit': '3000', 'ratelimit-remaining': '2999' } })
})
