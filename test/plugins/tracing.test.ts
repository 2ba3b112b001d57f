import t from 'tap'
import { brokerAbsent, openBroker } from '../broker.ts'
import { until } from '../checks.ts'
import { lines, NOBODY, openOwnShop, userId } from '../helper.ts'
import { openMailServer } from '../mail-server.ts'
import { openReceiver } from '../otlp-receiver.ts'

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const CALLER = 'b7ad6b7169203331'
const traceparent = `00-${TRACE}-${CALLER}-01`
const order = { user_id: userId(1), items: [{ product_id: 1, quantity: 1 }] }

t.test('with OTEL_EXPORTER_OTLP_ENDPOINT', async (t) => {
  const receiver = await openReceiver(t)
  const log = lines()
  const { app, call } = await openOwnShop(t, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, LOG_LEVEL: 'info' }, log)
  const find = (name: string) => receiver.spans.filter((span) => span.name === name)

  await t.test('a request is a span below its caller’s, and its statements are below it', async (t) => {
    const answer = await call('POST', '/orders', order, { traceparent, 'x-request-id': 'traced-1' })
    t.equal(answer.status, 201)
    await until(() => find('POST /orders').length > 0 && find('orders/place').length > 0, 'the spans')
    const [request] = find('POST /orders')
    t.match(request, {
      traceId: TRACE,
      parent: CALLER,
      kind: 2,
      isError: false,
      attributes: {
        'http.route': '/orders', 'http.response.status_code': 201, 'db_service.request_id': 'traced-1'
      }
    })
    t.match(find('orders/place')[0], {
      traceId: TRACE,
      parent: request!.spanId,
      kind: 3,
      isError: false,
      attributes: { 'db.query.summary': 'orders/place', 'code.file.path': 'sql/orders/place.sql' }
    })
  })

  await t.test('its trace stands in the line of the log', async (t) => {
    const { spanId } = find('POST /orders')[0]!
    await until(() => log.text().includes('"reqId":"traced-1"'), 'the line')
    const line = JSON.parse(log.text().split('\n').find((line) => line.includes('"reqId":"traced-1"'))!)
    t.match(line, { msg: 'request', traceparent: `00-${TRACE}-${spanId}-01` })
  })

  await t.test('without a caller’s it begins a trace; a faulty one counts as none', async (t) => {
    await call('GET', `/users/${NOBODY}`, undefined, { traceparent: 'nonsense' })
    await until(() => find('GET /users/:user_id').length > 0, 'the span')
    t.match(find('GET /users/:user_id')[0], {
      parent: '', isError: false, attributes: { 'http.response.status_code': 404 }
    })
    t.not(find('GET /users/:user_id')[0]!.traceId, TRACE)
  })

  await t.test('a refusal names its code, and is no fault', async (t) => {
    await call('POST', '/orders', { ...order, items: [{ product_id: 999_999 }] }, { traceparent })
    await until(() => find('orders/place').length > 1, 'the span')
    t.match(find('orders/place')[1], { isError: false, attributes: { 'error.type': 'PRODUCTS_NOT_FOUND' } })
  })

  await t.test('who asked not to be traced is not, and the trace goes on', async (t) => {
    const count = receiver.spans.length
    const unsampled = traceparent.replace(/1$/, '0')
    await call('GET', '/departments', undefined, { traceparent: unsampled, 'x-request-id': 'traced-2' })
    await call('GET', '/aisles')
    await until(() => find('GET /aisles').length > 0, 'a later span')
    t.equal(find('GET /departments').length, 0)
    t.ok(receiver.spans.length > count)
    await until(() => log.text().includes('"reqId":"traced-2"'), 'the line')
    t.match(log.text(), new RegExp(`"traceparent":"00-${TRACE}-[0-9a-f]{16}-00"`))
  })

  await t.test('probes and scrapes are no spans', async (t) => {
    for (const path of ['/livez', '/readyz', '/health', '/metrics']) await call('GET', path)
    await call('GET', '/products')
    await until(() => find('GET /products').length > 0, 'a later span')
    t.same(receiver.spans.filter(({ name }) => /livez|readyz|health|metrics/.test(name)), [])
  })

  await t.test('no span says who or what with', async (t) => {
    await call('POST', '/users/login', { email_address: 'user1@example.com', password: 'a wrong one' })
    await until(() => find('POST /users/login').length > 0, 'the span')
    t.notMatch(receiver.bytes().toString('latin1'), /user1@|a wrong one|00000000-0000-4000|example\.com|postgres:/)
  })

  await t.test('what is left is sent at the end', async (t) => {
    await call('GET', '/')
    await app.close()
    t.equal(find('GET /').length, 1)
  })
})

t.test('a receiver that says nothing slows nobody, and the end is not held up', async (t) => {
  const receiver = await openReceiver(t)
  receiver.stall()
  const { app, call } = await openOwnShop(t, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint })
  for (let n = 0; n < 20; n++) t.equal((await call('GET', '/products/1')).status, 200)
  const since = performance.now()
  await app.close()
  const ms = performance.now() - since
  t.ok(ms < 10_000, `${Math.round(ms)} ms`)
})

t.test('without it a caller’s trace is handed on all the same', async (t) => {
  const log = lines()
  const { app, call, sql } = await openOwnShop(t, { LOG_LEVEL: 'info' }, log)
  t.equal(app.tracing, null)
  await sql`insert into gateway.event_publishers (queue, last_seen) values ('test', now())`
  await call('POST', '/orders', order, { traceparent, 'x-request-id': 'handed-1' })
  await call('POST', '/orders', order)
  t.same((await sql`select traceparent from orders.outbox order by id`).map((row) => row.traceparent),
    [traceparent, null])
  await until(() => log.text().includes('"reqId":"handed-1"'), 'the line')
  t.match(log.text(), `"traceparent":"${traceparent}","msg":"request"`)
})

t.test('an email about an order belongs to the trace of the change', async (t) => {
  const [receiver, mail] = [await openReceiver(t), await openMailServer(t)]
  const { call } = await openOwnShop(t, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, ...mail.settings })
  await call('PUT', `/users/${userId(1)}`, { order_notifications_via_email: true })
  const { json: { data: [{ order_id: id }] } } = await call('POST', '/orders', order)
  await call('PATCH', `/orders/${id}`, { status: 'paid' }, { traceparent })
  await mail.arrived(1)
  await until(() => receiver.spans.some(({ name }) => name === 'send email'), 'the span')
  const [change, email] = ['PATCH /orders/:order_id', 'send email'].map((wanted) =>
    receiver.spans.find(({ name }) => name === wanted)!)
  t.match(email, { traceId: TRACE, parent: change!.spanId, kind: 3, isError: false })
})

t.test('an event does, and hands its trace on', { skip: await brokerAbsent() }, async (t) => {
  const [receiver, broker] = [await openReceiver(t), await openBroker(t)]
  const { call } = await openOwnShop(t, { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.endpoint, ...broker.settings })
  await call('POST', '/orders', order, { traceparent })
  await broker.arrived(1)
  await until(() => receiver.spans.some(({ name }) => name === 'publish order_created'), 'the span')
  const [request, publish] = ['POST /orders', 'publish order_created'].map((wanted) =>
    receiver.spans.find(({ name }) => name === wanted)!)
  t.match(publish, { traceId: TRACE, parent: request!.spanId, kind: 4, isError: false })
  const expected = `00-${TRACE}-${publish!.spanId}-01`
  t.match(broker.received[0]!.headers, { traceparent: expected, 'cloudEvents:traceparent': expected })
})

t.test('nothing of OpenTelemetry is loaded without the setting', async (t) => {
  const { spawnSync } = await import('node:child_process')
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
    await import(${JSON.stringify(new URL('../../app.ts', import.meta.url).href)})
    console.log(JSON.stringify(loaded.filter((url) => /@opentelemetry.(?!api)|common.tracing/.test(url))))
  `], { encoding: 'utf8' })
  t.same(JSON.parse(stdout), [])
})
