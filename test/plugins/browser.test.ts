import t from 'tap'
import { openShop } from '../helper.ts'

t.test('what browsers are told', async (t) => {
  const { call } = await openShop(t, { API_KEYS: 'a-key' })

  await t.test('about every answer, refusals too', async (t) => {
    for (const path of ['/', '/livez', '/openapi.json', '/products/1', '/nothing']) {
      t.match((await call('GET', path)).headers, {
        'content-security-policy': "default-src 'none';frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer'
      }, path)
    }
  })

  await t.test('about the pages of the documentation: what they need and no more', async (t) => {
    for (const path of ['/docs', '/docs/', '/redoc', '/docs/static/swagger-ui-bundle.js']) {
      const policy = (await call('GET', path)).headers['content-security-policy']!
      t.match(policy, /default-src 'self';/)
      t.match(policy, /script-src 'self';/, `${path}: no script in the page, none from elsewhere`)
      t.match(policy, /style-src 'self' 'unsafe-inline';/)
      t.match(policy, /frame-ancestors 'none'/)
      t.notMatch(policy, /upgrade-insecure-requests|https:/, 'works on http://localhost')
    }
  })
})

t.test('only HTTPS from now on, where PUBLIC_URL is', async (t) => {
  const plain = await openShop(t, { PUBLIC_URL: 'http://localhost:7000' })
  t.notOk('strict-transport-security' in (await plain.call('GET', '/')).headers)
  const secure = await openShop(t, { PUBLIC_URL: 'https://api.shop.example' })
  t.match((await secure.call('GET', '/')).headers, { 'strict-transport-security': /^max-age=\d{7,}/ })
})
