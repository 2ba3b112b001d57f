import { createRequire } from 'node:module'
import t from 'tap'
import { openShop, refuses } from '../../helper.ts'

const { version } = createRequire(import.meta.url)('../../../package.json') as { version: string }

t.test('what needs no key', async (t) => {
  const shop = await openShop(t, { API_KEYS: 'some-key' })

  await t.test('/ names the service and its version, and leads on to docs and health', async (t) => {
    const front = await shop.call('GET', '/')
    t.match(front, { status: 200, json: { name: 'db-service', version } })
    for (const link of ['docs', 'redoc', 'openapi', 'health']) {
      t.equal((await shop.app.inject(front.json[link])).statusCode, 200, `${link}: ${front.json[link]}`)
    }
  })

  await t.test('/health says healthy, when, and what the database does', async (t) => {
    const health = await shop.call('GET', '/health')
    t.match(health, {
      status: 200,
      json: { message: /./, data: { status: 'healthy', version, service: 'db-service', database: 'reachable' } }
    })
    t.ok(Math.abs(Date.parse(health.json.data.timestamp) - Date.now()) < 10_000)
    t.equal((await shop.app.inject({ method: 'HEAD', url: '/health' })).statusCode, 200, 'HEAD too')
  })

  await t.test('/livez is alive, /readyz ready', async (t) => {
    t.equal((await shop.call('GET', '/livez')).status, 200)
    t.equal((await shop.call('GET', '/readyz')).status, 200)
  })

  await t.test('a trailing slash makes no difference', async (t) => {
    for (const path of ['/health', '/livez', '/readyz', '/docs', '/redoc', '/openapi.json']) {
      t.equal((await shop.app.inject(`${path}/`)).statusCode, 200, `${path}/`)
    }
    t.equal((await shop.app.inject('/openapi.json/?x=1')).statusCode, 200, 'before a query string')
  })
})

t.test('not ready', async (t) => {
  const shop = await openShop(t)

  await t.test('while a migration is missing', async (t) => {
    await shop.sql`update gateway.versions set version = version - 1`
    const answer = await shop.call('GET', '/readyz')
    refuses(t, answer, 503, 'NOT_READY')
    t.match(answer.headers, { 'retry-after': /^\d+$/ })
    t.equal((await shop.call('GET', '/livez')).status, 200, 'but alive')
  })

  await t.test('from the moment it drains: 503, connections end, requests are served still', async (t) => {
    t.not((await shop.call('GET', '/livez')).headers.connection, 'close')
    shop.app.draining = true
    const answer = await shop.call('GET', '/readyz')
    refuses(t, answer, 503, 'SHUTTING_DOWN')
    t.match(answer.headers, { connection: 'close', 'retry-after': /^\d+$/ })
    for (const path of ['/livez', '/health', '/products/1', '/nothing']) {
      const { status, headers } = await shop.call('GET', path)
      t.match([status, headers.connection], [path === '/nothing' ? 404 : 200, 'close'], path)
    }
  })
})
