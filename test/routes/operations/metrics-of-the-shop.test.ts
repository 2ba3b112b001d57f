import t from 'tap'
import { until } from '../../checks.ts'
import { NOBODY, openOwnShop, userId } from '../../helper.ts'
import { openMailServer } from '../../mail-server.ts'
import { valuesOf } from '../../metrics.ts'

t.test('metrics of what the shop does', async (t) => {
  const { call, sql } = await openOwnShop(t)
  const read = async () => valuesOf((await call('GET', '/metrics')).text)
  const order = { user_id: userId(1), items: [{ product_id: 1, quantity: 1 }] }

  await t.test('orders placed, by how; one told of once more by Idempotency-Key counts once', async (t) => {
    const key = { 'idempotency-key': 'metrics-1' }
    for (const headers of [key, key, {}]) t.equal((await call('POST', '/orders', order, headers)).status, 201)
    await call('POST', '/carts', order)
    t.equal((await call('POST', `/carts/${userId(1)}/checkout`)).status, 201)
    const values = await read()
    t.equal(values.get('db_service_orders_placed_total{operation="place"}'), 2)
    t.equal(values.get('db_service_orders_placed_total{operation="checkout"}'), 1)
    t.equal(values.get('db_service_orders_placed_total{operation="place_managed"}'), 0)
  })

  await t.test('refusals by code, those of /legacy as well, and nothing else', async (t) => {
    const count = async (code: string) => (await read()).get(`db_service_refusals_total{code="${code}"}`)
    t.equal(await count('USER_NOT_FOUND'), 0)
    await call('GET', `/users/${NOBODY}`)
    await call('GET', `/legacy/users/${NOBODY}`)
    await call('GET', `/users/${userId(1)}`)
    t.equal(await count('USER_NOT_FOUND'), 2)
    await call('POST', '/orders', { ...order, items: [{ product_id: 999_999 }] })
    t.equal(await count('PRODUCTS_NOT_FOUND'), 1)
  })

  await t.test('durations of statements by their names, once each', async (t) => {
    const count = async () => (await read()).get('db_service_statement_duration_seconds_count{statement="orders/find"}')
    t.equal(await count(), undefined, 'nobody has asked for one')
    const { json: { data: [{ order_id: id }] } } = await call('POST', '/orders', order)
    for (let n = 0; n < 3; n++) await call('GET', `/orders/${id}`)
    t.equal(await count(), 3)
    const { text } = await call('GET', '/metrics')
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replace(/ \S+$/, ''))
    t.same(lines, [...new Set(lines)], 'no series twice')
  })

  await t.test('a statement that waits for a row counts as tried again', async () => {
    const held = Promise.withResolvers<void>()
    const free = Promise.withResolvers<void>()
    const hold = sql.begin(async (sql) => {
      await sql`select from users.users where external_user_id = ${userId(2)} for update`
      held.resolve()
      await free.promise
    })
    await held.promise
    const change = call('PUT', `/users/${userId(2)}`, { city: 'Rome' })
    await until(async () => (await read()).get('db_service_statement_retries_total{reason="lock"}')! > 0, 'a retry')
    free.resolve()
    await hold
    await change
  })

  await t.test('the servers, the queues and the build', async (t) => {
    const values = await read()
    t.equal(values.get('db_service_database_up'), 1)
    for (const queue of ['emails', 'order-events', 'reminders', 'webhooks', 'housekeeping']) {
      for (const what of ['depth', 'age_seconds', 'failed']) {
        t.ok(values.get(`db_service_queue_${what}{queue="${queue}"}`)! >= 0, `${what} of ${queue}`)
      }
    }
    t.ok(values.get('db_service_oldest_unpublished_event_seconds')! >= 0)
    t.ok(values.get('db_service_reminders_due')! >= 0)
    const { version } = (await call('GET', '/')).json
    t.ok([...values.keys()].some((name) => name.startsWith(`db_service_build_info{version="${version}",schema="`)))
    t.ok(values.get('nodejs_eventloop_lag_p99_seconds')! >= 0)
  })

  await t.test('no id, address or key is a label', async (t) => {
    const { text } = await call('GET', '/metrics')
    t.notMatch(text, /[0-9a-f]{8}-[0-9a-f]{4}|@|127\.0\.0\.1|metrics-1|postgres:/)
  })
})

t.test('the age of what waits is that of the oldest', async (t) => {
  const { call, sql } = await openOwnShop(t)
  await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] })
  await sql`
    insert into orders.outbox (order_id, event_type, payload, occurred_at)
    select id, 'order_created', '{}', now() - interval '90 seconds' from orders.orders limit 1`
  const values = valuesOf((await call('GET', '/metrics')).text)
  const age = values.get('db_service_oldest_unpublished_event_seconds')!
  t.ok(age >= 90 && age < 3600, `${age} s`)
  t.ok(Math.abs(values.get('db_service_queue_age_seconds{queue="order-events"}')! - age) < 30, 'as the queue says')
  t.equal(values.get('db_service_queue_depth{queue="order-events"}'), 1)
})

t.test('emails by outcome, and whether the mail server is there', async (t) => {
  const mail = await openMailServer(t)
  const { call, sql } = await openOwnShop(t, mail.settings)
  const read = async () => valuesOf((await call('GET', '/metrics')).text)
  const queue = async () => await sql`
    with due as (
      insert into users.reminders (user_id, due_at)
      select id, clock_timestamp() from users.users where external_user_id = ${userId(1)} returning user_id, due_at)
    insert into gateway.emails (user_id, due_at) select user_id, due_at from due`
  const emails = async (outcome: string) => (await read()).get(`db_service_emails_total{outcome="${outcome}"}`)!

  await until(async () => (await read()).get('db_service_mail_up') === 1, 'greeted, before any email')
  t.equal(await emails('accepted'), 0)
  await queue()
  await until(async () => await emails('accepted') === 1, 'an accepted email')
  mail.behave({ status: 550 })
  await queue()
  await until(async () => await emails('failed') === 1, 'an email that failed for good')
  mail.behave({ status: 450 })
  await queue()
  await until(async () => await emails('retried') > 0, 'an email that is tried again')
  t.equal((await read()).get('db_service_mail_up'), 1, 'what is refused has been received')
  await mail.close()
  await queue()
  await until(async () => (await read()).get('db_service_mail_up') === 0, 'the mail server is away')
})
