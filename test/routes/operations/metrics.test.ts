import { setImmediate as nextTick } from 'node:timers/promises'
import t from 'tap'
import { openShop, refuses, userId } from '../../helper.ts'

t.test('GET /metrics', async (t) => {
  const { app, call } = await openShop(t, { API_KEYS: 'a-key' })
  const KEY = { 'x-api-key': 'a-key' }
  const read = async () => await call('GET', '/metrics', undefined, KEY)

  await t.test('needs an API key', async (t) => {
    refuses(t, await call('GET', '/metrics'), 401, 'NOT_IDENTIFIED')
    t.match(await read(), { status: 200, headers: { 'content-type': /^text\/plain; version=0\.0\.4/ } })
  })

  await t.test('counts requests by route and status; no id, key or address stands in it', async (t) => {
    for (const id of [1, 2, 999999]) await call('GET', `/products/${id}`, undefined, KEY)
    await call('GET', `/users/${userId(1)}?q=secret`, undefined, KEY)
    await call('GET', '/nothing/secret', undefined, KEY)
    const { text } = await read()
    t.match(text,
      /^http_request_duration_seconds_count\{method="GET",route="\/products\/:product_id",status="200"\} 2$/m)
    t.match(text,
      /^http_request_duration_seconds_count\{method="GET",route="\/products\/:product_id",status="404"\} 1$/m)
    t.match(text, /^http_request_duration_seconds_count\{method="GET",route="none",status="404"\} 1$/m)
    t.notMatch(text, /secret|a-key|00000000-/)
  })

  await t.test('says what the process and the admission queues do', async (t) => {
    const flood = Array.from({ length: 10 }, async () =>
      await call('POST', '/users/login', { email_address: 'nobody@example.com', password: 'wrong' }, KEY))
    let text = ''
    do {
      await nextTick()
      text = (await read()).text
    } while (!/^db_service_gate_active\{gate="passwords"\} [1-9]/m.test(text))
    await Promise.all(flood)
    text = (await read()).text
    for (const name of [
      'gate_active{gate="passwords"}', 'gate_waiting{gate="passwords"}', 'pool_active{pool="database"}',
      'pool_waiting{pool="database"}'
    ]) {
      t.match(text, `\ndb_service_${name} 0\n`)
    }
    t.match(text, '\ndb_service_pool_places{pool="database"} 7\n')
    for (const name of [
      'nodejs_eventloop_lag_seconds', 'process_resident_memory_bytes', 'nodejs_heap_size_used_bytes'
    ]) {
      t.match(text, `\n${name} `)
    }
  })

  await t.test('and whatever another plugin adds', async (t) => {
    let depth: Record<string, number> = { email: 3, reminders: 0 }
    app.metrics.gauge('test_depth', 'What waits', async () => depth)
    t.match((await read()).text, 'test_depth{name="email"} 3\ntest_depth{name="reminders"} 0\n')
    depth = { email: 1 }
    const { text } = await read()
    t.match(text, 'test_depth{name="email"} 1\n')
    t.notMatch(text, 'test_depth{name="reminders"}', 'what is gone is gone')
  })
})
