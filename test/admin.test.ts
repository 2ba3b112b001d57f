import t from 'tap'
import { openAdmin } from '../admin.ts'
import { openOwnShop, refuses } from './helper.ts'

t.test('with ADMIN_PORT probes and metrics are on a port of their own', async (t) => {
  const { app, call } = await openOwnShop(t, { ADMIN_PORT: '0', API_KEYS: 'a-key' })
  const admin = openAdmin(app)
  t.teardown(async () => await admin.close())
  const url = await admin.listen({ host: '127.0.0.1', port: 0 })
  const get = async (path: string) => {
    const response = await fetch(url + path)
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() }
  }

  await t.test('metrics without a key there, and not at all beside the shop', async (t) => {
    t.match(await get('/metrics'), {
      status: 200, type: /^text\/plain; version=0\.0\.4/, text: /^db_service_database_up 1$/m
    })
    for (const headers of [{}, { 'x-api-key': 'a-key' }]) {
      refuses(t, await call('GET', '/metrics', undefined, headers as Record<string, string>), 404, 'NOT_FOUND')
    }
  })

  await t.test('the probes on both', async (t) => {
    for (const path of ['/livez', '/readyz', '/health']) {
      t.equal((await get(path)).status, 200, path)
      t.equal((await call('GET', path)).status, 200, path)
    }
  })

  await t.test('nothing of the shop, and refusals as everywhere', async (t) => {
    for (const path of ['/', '/products', '/api/products', '/docs', '/openapi.json', '/legacy/health', '/%']) {
      const { status, type } = await get(path)
      t.match({ status, type }, { status: path === '/%' ? 400 : 404, type: 'application/problem+json' }, path)
    }
    const response = await fetch(`${url}/metrics`, { method: 'POST' })
    t.match({ status: response.status, allow: response.headers.get('allow') }, { status: 405, allow: 'GET, HEAD' })
  })

  await t.test('going down: not ready, and alive', async (t) => {
    app.draining = true
    t.match(await get('/readyz'), { status: 503, text: /SHUTTING_DOWN/ })
    t.equal((await get('/livez')).status, 200)
    t.equal((await get('/metrics')).status, 200)
    app.draining = false
  })

  await t.test('when the shop has closed: alive, not ready, metrics of the process', async (t) => {
    app.draining = true
    await app.close()
    t.equal((await get('/livez')).status, 200)
    t.equal((await get('/readyz')).status, 503)
    const { status, text } = await get('/metrics')
    t.equal(status, 200)
    t.match(text, /^process_cpu_seconds_total /m)
  })
})
