import t from 'tap'
import { openShop, refuses } from '../helper.ts'

const preflight = { 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'x-api-key, if-match' }
const corsHeaders = (headers: Record<string, unknown>) => Object.keys(headers)
  .filter((name) => name.startsWith('access-control-'))

t.test('pages of CORS_ORIGINS may call from a browser', async (t) => {
  const { call } = await openShop(t, { CORS_ORIGINS: 'https://shop.example,http://localhost:5173', API_KEYS: 'a-key' })
  const options = async (origin: string) => await call('OPTIONS', '/orders/1', undefined, { origin, ...preflight })

  await t.test('the preflight needs no key', async (t) => {
    for (const origin of ['https://shop.example', 'http://localhost:5173']) {
      const answer = await options(origin)
      t.match(answer, { status: 204, text: '' })
      t.equal(answer.headers['access-control-allow-origin'], origin)
      t.match(answer.headers['access-control-allow-methods'], /GET.*PATCH.*DELETE/)
      for (const name of [
        'Authorization', 'Content-Type', 'Idempotency-Key', 'If-Match', 'If-None-Match', 'X-Actor', 'X-API-Key',
        'X-Request-Id'
      ]) {
        t.match(answer.headers['access-control-allow-headers'], name)
      }
      t.match(answer.headers.vary, /Origin/)
      t.notOk('access-control-allow-credentials' in answer.headers, 'no cookies')
    }
  })

  await t.test('answers can be read, refusals too', async (t) => {
    const origin = 'https://shop.example'
    const found = await call('GET', '/products/1', undefined, { origin, 'x-api-key': 'a-key' })
    const refused = await call('GET', '/products/1', undefined, { origin })
    t.same([found.status, refused.status], [200, 401])
    for (const { headers } of [found, refused]) {
      t.equal(headers['access-control-allow-origin'], origin)
      for (const name of [
        'ETag', 'Location', 'Idempotency-Replayed', 'X-Request-Id', 'RateLimit-Remaining', 'Retry-After'
      ]) {
        t.match(headers['access-control-expose-headers'], name)
      }
    }
  })

  await t.test('any other origin gets no CORS header at all', async (t) => {
    for (const origin of [
      'https://evil.example', 'https://shop.example.evil.example', 'http://shop.example', 'https://shop.example:8443',
      'null', ''
    ]) {
      const answer = await options(origin)
      refuses(t, answer, 405, 'METHOD_NOT_ALLOWED')
      t.same(corsHeaders(answer.headers), [], origin)
      const got = await call('GET', '/', undefined, { origin })
      t.same([got.status, corsHeaders(got.headers)], [200, []])
      t.match(got.headers.vary, /Origin/, 'a cache must not give one origin another’s answer')
    }
  })
})

t.test('* lets every page in', async (t) => {
  const { call } = await openShop(t, { CORS_ORIGINS: '*' })
  t.match((await call('GET', '/', undefined, { origin: 'https://any.example' })).headers, {
    'access-control-allow-origin': '*'
  })
})

t.test('without the setting there is no CORS', async (t) => {
  const { call } = await openShop(t)
  const answer = await call('OPTIONS', '/products', undefined, { origin: 'https://shop.example', ...preflight })
  refuses(t, answer, 405, 'METHOD_NOT_ALLOWED')
  t.same(corsHeaders(answer.headers), [])
  t.same(corsHeaders((await call('GET', '/products', undefined, { origin: 'https://shop.example' })).headers), [])
})
