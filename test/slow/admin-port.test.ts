import postgres from 'postgres'
import t from 'tap'
import { until } from '../checks.ts'
import { startGateway } from '../gateway.ts'
import { freshDatabase, userId } from '../helper.ts'
import { openWay } from '../way.ts'
import { valuesOf } from '../metrics.ts'

/** Where the second server of a gateway listens. */
const adminUrl = (output: string) => /Probes and metrics at (http:\/\/127\.0\.0\.1:\d+)/.exec(output)?.[1]

async function start (t: Parameters<typeof startGateway>[0], settings: Record<string, string>) {
  const gateway = await startGateway(t, { ADMIN_PORT: '0', ...settings })
  await until(() => adminUrl(gateway.output()), 'the second port')
  return { ...gateway, adminUrl: adminUrl(gateway.output())! }
}

/** The status of a response; 0 where nobody listens. */
const status = async (url: string) => await fetch(url, { headers: { connection: 'close' } })
  .then(async (response) => { await response.arrayBuffer(); return response.status }, () => 0)

t.test('the second port outlives the first: not ready while the shop finishes what is in flight', async (t) => {
  const url = await freshDatabase(t)
  const gateway = await start(t, { DATABASE_URL: url, DRAIN_SECONDS: '1' })
  t.equal(await status(`${gateway.adminUrl}/readyz`), 200)

  // A request that takes until after the drain: somebody holds its row.
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  t.teardown(async () => await sql.end({ timeout: 1 }))
  const held = Promise.withResolvers<void>()
  const free = Promise.withResolvers<void>()
  const hold = sql.begin(async (sql) => {
    await sql`select from users.users where external_user_id = ${userId(1)} for update`
    held.resolve()
    await free.promise
  })
  await held.promise

  gateway.process.kill('SIGTERM')
  await until(async () => await status(`${gateway.adminUrl}/readyz`) === 503, 'not ready')
  t.equal(await status(`${gateway.url}/products`), 200, 'and the shop still serves')
  const answer = fetch(`${gateway.url}/users/${userId(1)}`, {
    method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{"city": "Rome"}'
  })
  await until(async () => await status(`${gateway.url}/livez`) === 0, 'the shop’s port is closed')
  t.equal(await status(`${gateway.adminUrl}/readyz`), 503)
  t.equal(await status(`${gateway.adminUrl}/livez`), 200, 'alive while requests are finished')
  free.resolve()
  await hold
  await answer
  t.equal(await gateway.ended, 0, 'exit code')
  t.equal(await status(`${gateway.adminUrl}/livez`), 0)
})

t.test('a port that is taken stops the start, by its name', async (t) => {
  const first = await start(t, { DATABASE_URL: await freshDatabase(t) })
  const { port } = new URL(first.adminUrl)
  const second = await startGateway(t, { DATABASE_URL: await freshDatabase(t), ADMIN_PORT: port })
  t.equal(await second.ended, 1)
  t.match(second.output(), `Port ${port} is taken: stop what listens there, or set ADMIN_PORT to another one`)
})

t.test('a scrape never hangs with the database', async (t) => {
  const way = await openWay(await freshDatabase(t))
  t.teardown(async () => await way.close())
  const gateway = await start(t, { DATABASE_URL: way.url, DRAIN_SECONDS: '0' })
  const scrape = async () => {
    const since = performance.now()
    const response = await fetch(`${gateway.adminUrl}/metrics`)
    const values = valuesOf(await response.text())
    return { values, ms: performance.now() - since }
  }
  t.equal((await scrape()).values.get('db_service_database_up'), 1)
  way.freeze(true)
  for (let n = 0; n < 3; n++) {
    const { values, ms } = await scrape()
    t.ok(ms < 5000, `${Math.round(ms)} ms`)
    t.equal(values.get('db_service_database_up'), 0)
    t.ok(values.get('process_cpu_seconds_total')! > 0, 'the rest is there')
  }
  way.thaw()
  await until(async () => (await scrape()).values.get('db_service_database_up') === 1, 'the database is back')
  await until(async () => (await scrape()).values.has('db_service_queue_depth{queue="emails"}'), 'and the queues')
})
