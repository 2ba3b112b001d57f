import { once } from 'node:events'
import { get as httpGet } from 'node:http'
import t from 'tap'
import { openOwnShop, refuses } from '../helper.ts'
import { listOperations } from '../operations.ts'

const basic = (credentials: string) => ({ authorization: `Basic ${Buffer.from(credentials).toString('base64')}` })

t.test('API keys', async (t) => {
  const shop = await openOwnShop(t, {
    API_KEYS: 'first-key, second-key, schlüssel:mit:doppelpunkt', ADMIN_API_KEYS: 'admin-key'
  })
  const get = async (headers: Record<string, string>) => await shop.call('GET', '/departments', undefined, headers)

  await t.test('any of them, in either header', async (t) => {
    for (const key of ['first-key', 'second-key']) {
      t.equal((await get({ 'x-api-key': key })).status, 200)
      t.equal((await get({ authorization: `Bearer ${key}` })).status, 200)
      t.equal((await get({ authorization: `bearer ${key}` })).status, 200, 'the scheme in any case')
    }
  })

  await t.test('by HTTP Basic, so that a key fits into a base URL: as user name or as password', async (t) => {
    for (const credentials of [
      'first-key:', 'second-key:x', 'x:second-key', ':first-key', 'schlüssel:mit:doppelpunkt:'
    ]) {
      t.equal((await get(basic(credentials))).status, 200, credentials)
    }
    t.equal((await get({ authorization: basic('first-key:').authorization.replace('Basic', 'basic') })).status, 200,
      'the scheme in any case')
    const base = new URL(await shop.app.listen({ port: 0 }))
    base.username = 'first-key'
    base.pathname = '/departments'
    const [response] = await once(httpGet(base, { agent: false }), 'response')
    t.equal(response.resume().statusCode, 200, 'http://first-key@…')
  })

  await t.test('none or a wrong one is a 401 that says what is needed', async (t) => {
    const wrong: Record<string, string>[] = [
      {}, { 'x-api-key': 'wrong' }, { 'x-api-key': '' }, { 'x-api-key': 'first-key, second-key' },
      { 'x-api-key': 'FIRST-KEY' },
      { 'x-api-key': 'first-key2' }, { authorization: 'Bearer wrong' }, { authorization: 'Bearer' },
      { authorization: 'Basic first-key' }, { authorization: 'Basic' },
      basic('first-key'), basic('wrong:wrong'), basic(':'), basic('first-key2:'), basic(':first-key, second-key'),
      { authorization: 'first-key' }, { 'x-api-key': 'ä' }
    ]
    for (const headers of wrong) {
      const answer = await get(headers)
      refuses(t, answer, 401, 'NOT_IDENTIFIED')
      t.equal(answer.headers['www-authenticate'], 'Bearer, Basic realm="db-service", charset="UTF-8"')
    }
  })

  await t.test('every route that the document says needs one does, before it looks at the request', async (t) => {
    for (const { method, template, operation } of listOperations(shop)) {
      const url = template.replace(/\{\w+\}/g, 'x')
      if (operation.security.length > 0) refuses(t, await shop.call(method, url), 401, 'NOT_IDENTIFIED')
      else t.not((await shop.call(method, url)).status, 401, `${method} ${template} is open`)
    }
  })

  await t.test('front page, probes and docs need none', async (t) => {
    for (const path of ['/', '/health', '/livez', '/readyz', '/docs', '/redoc', '/openapi.json']) {
      t.equal((await shop.app.inject(path)).statusCode, 200, path)
    }
  })

  await t.test('what is not there is a 404 for everybody', async (t) => {
    refuses(t, await shop.call('GET', '/nothing'), 404, 'NOT_FOUND')
  })
})

t.test('with no key set in development the service API is open, whatever is sent', async (t) => {
  const shop = await openOwnShop(t)
  t.equal((await shop.call('GET', '/departments')).status, 200)
  t.equal((await shop.call('GET', '/departments', undefined, { 'x-api-key': 'anything' })).status, 200)
})
