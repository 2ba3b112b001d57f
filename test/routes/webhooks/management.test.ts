import t from 'tap'
import { until } from '../../checks.ts'
import { openOwnShop, openShop, refuses } from '../../helper.ts'

const URL = 'https://warehouse.example/events'
const PATH = '/api/v1/webhooks'

t.test('a webhook from its creation to its end; the secret is shown once', async (t) => {
  const { call, sql } = await openShop(t)
  const created = await call('POST', PATH, { url: URL })
  t.match(created, {
    status: 201,
    json: {
      url: URL,
      event_types: ['order_created', 'order_status_updated', 'order_cancelled'],
      active: true,
      secret: /^whsec_[A-Za-z0-9+/]{43}=$/
    }
  })
  const { secret, ...shown } = created.json
  const one = `${PATH}/${shown.id}`
  t.equal(created.headers.location, one)
  t.strictSame((await call('GET', one)).json, shown)
  t.strictSame((await call('GET', PATH)).json, { webhooks: [shown], total: 1, limit: 20, offset: 0 })
  t.match((await call('PATCH', one, { event_types: ['order_cancelled'] })).json, {
    url: URL, event_types: ['order_cancelled'], active: true
  })
  t.match((await call('PATCH', one, { active: false, url: 'https://other.example/' })).json, {
    url: 'https://other.example/', event_types: ['order_cancelled'], active: false
  })
  const test = await call('POST', `${one}/test`)
  t.match(test, { status: 202, json: { event_type: 'test', status: 'waiting', order_id: null } })
  t.match((await call('GET', `${one}/deliveries?status=waiting`)).json, { total: 1, deliveries: [test.json] })
  t.match((await call('GET', `${one}/deliveries?status=failed`)).json, { total: 0, deliveries: [] })
  t.equal((await call('DELETE', one)).status, 204)
  for (const [method, path] of [
    ['GET', one], ['PATCH', one], ['DELETE', one], ['POST', `${one}/test`], ['POST', `${one}/secret`],
    ['GET', `${one}/deliveries`], ['POST', `${one}/deliveries/${test.json.id}/redeliver`]
  ] as const) {
    refuses(t, await call(method, path, method === 'PATCH' ? { active: true } : undefined), 404, 'WEBHOOK_NOT_FOUND')
  }
  t.strictSame((await call('GET', PATH)).json.webhooks, [])
  t.notMatch(JSON.stringify([...await sql`select * from gateway.webhooks`]), secret.slice(6))
})

t.test('a deleted one is cleared away with what was waiting for it', async (t) => {
  const { app, call, sql } = await openShop(t)
  const { id } = (await call('POST', PATH, { url: URL, active: false })).json
  for (let n = 0; n < 5; n++) await call('POST', `${PATH}/${id}/test`)
  t.equal(await app.webhooks.clear(10), 0)
  await call('DELETE', `${PATH}/${id}`)
  await sql`update gateway.webhooks set deleted_at = now() - interval '2 hours'`
  t.equal(await app.webhooks.clearDeleted(), 0, 'not before its deliveries')
  t.equal(await app.webhooks.clear(3), 3)
  t.equal(await app.webhooks.clear(3), 2)
  t.equal(await app.webhooks.clearDeleted(), 1)
})

t.test('what cannot be a webhook is refused, and nothing is changed', async (t) => {
  const { call } = await openShop(t)
  const { id } = (await call('POST', PATH, { url: URL })).json
  for (const body of [
    {}, { url: '' }, { url: 7 }, { url: null }, { url: URL, event_types: [] }, { url: URL, event_types: ['order'] },
    { url: URL, event_types: ['order_created', 'order_created'] }, { url: URL, active: 'yes' },
    { url: URL, secret: 'x' }
  ]) refuses(t, await call('POST', PATH, body), 400, 'INVALID_INPUT')
  for (const body of [{}, { active: null }, { event_types: [] }, { id: 1 }]) {
    refuses(t, await call('PATCH', `${PATH}/${id}`, body), 400, 'INVALID_INPUT')
  }
  for (const url of [
    'warehouse', '/events', 'ftp://warehouse.example', 'javascript:alert(1)', 'https://user:password@warehouse.example',
    'http://127.0.0.1/', 'https://2130706433/', 'https://[::ffff:10.0.0.1]/', 'https://localhost/', 'http://a.localhost', 'http://169.254.169.254/latest/meta-data', 'https://[fd00:ec2::254]/'
  ]) {
    refuses(t, await call('POST', PATH, { url }), 400, 'WEBHOOK_URL_REFUSED')
    refuses(t, await call('PATCH', `${PATH}/${id}`, { url }), 400, 'WEBHOOK_URL_REFUSED')
  }
  t.match((await call('GET', PATH)).json, { total: 1, webhooks: [{ url: URL, active: true }] })
  for (const path of ['x', '0', '1.5', '99999999999999999999']) {
    t.equal((await call('GET', `${PATH}/${path}`)).status, 400)
  }
  refuses(t, await call('POST', `${PATH}/${id}/deliveries/1/redeliver`), 404, 'DELIVERY_NOT_FOUND')
  t.equal((await call('POST', PATH, { url: 'http://warehouse.example/' })).status, 201, 'http: not in production')
})

t.test('there are a hundred at most', async (t) => {
  const { call, sql } = await openShop(t)
  await sql`insert into gateway.webhooks (url, event_types, active, secret)
    select ${URL}, '{order_created}', false, '' from generate_series(1, 100)`
  refuses(t, await call('POST', PATH, { url: URL }), 409, 'WEBHOOK_LIMIT_REACHED', 'There are 100 webhooks already')
  await call('DELETE', `${PATH}/1`)
  t.equal((await call('POST', PATH, { url: URL })).status, 201)
})

t.test('in production it has to be https', async (t) => {
  const { call } = await openOwnShop(t, {
    NODE_ENV: 'production', API_KEYS: 'a key of the service API', ADMIN_API_KEYS: 'a key of the management API'
  })
  const headers = { 'x-api-key': 'a key of the management API' }
  refuses(t, await call('POST', PATH, { url: 'http://warehouse.example/' }, headers), 400, 'WEBHOOK_URL_REFUSED',
    'The url cannot be used: in production it has to be https')
  t.equal((await call('POST', PATH, { url: URL }, headers)).status, 201)
})

t.test('nothing is sent where the settings forbid it now, nor without the secret', async (t) => {
  const first = await openOwnShop(t, { WEBHOOK_PRIVATE_NETWORKS: 'true' })
  const { id } = (await first.call('POST', PATH, { url: 'http://127.0.0.1:9/' })).json
  await first.app.close()
  for (const [settings, reason] of [
    [{}, /not an address of the internet/],
    [
      { SECRET_KEY: 'another secret for tests, of 32 characters', WEBHOOK_PRIVATE_NETWORKS: 'true' },
      /SECRET_KEY has changed/
    ]
  ] as const) {
    const { app, call } = await openOwnShop(t, { DATABASE_URL: first.url, ...settings })
    const { json } = await call('POST', `${PATH}/${id}/test`)
    const find = async () => (await call('GET', `${PATH}/${id}/deliveries`)).json.deliveries
      .find((one: { id: number }) => one.id === json.id)
    await until(async () => (await find()).last_error !== null, 'it was tried')
    t.match(await find(), { status: 'waiting', last_error: reason })
    await app.close()
  }
})
