import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openConsumer } from '../../consumer.ts'
import { openShop, refuses, userId, type Shop } from '../../helper.ts'
import { openMailServer } from '../../mail-server.ts'

const ADMIN = { 'x-api-key': 'admin-key' }
const settings = { ADMIN_API_KEYS: 'admin-key' }
const call = async (shop: Shop, method: 'GET' | 'POST', path: string) => await shop.call(method, `/api/v1/jobs${path}`,
  undefined, ADMIN)
const queue = async (shop: Shop, name: string) => (await call(shop, 'GET', '')).json.queues.find(
  (one: { queue: string }) => one.queue === name
)

async function until (condition: () => Promise<boolean>): Promise<void> {
  while (!await condition()) await sleep(50)
}

t.test('what waits, and since when: users due, emails, events', async (t) => {
  const shop = await openShop(t, { ...settings, SMTP_URL: 'smtp://127.0.0.1:1' })
  await shop.sql`update users.users set order_notifications_next_scheduled_time = now() + interval '1 day'`
  t.same((await call(shop, 'GET', '')).json.queues,
    ['reminders', 'emails', 'order-events', 'webhooks', 'housekeeping'].map((name) =>
      ({ queue: name, depth: 0, oldest: null, failed: 0, fault: null })))

  await shop.sql`update users.users set order_notifications_next_scheduled_time = '2026-01-01T00:00:00Z'
    where id in (1, 2)`
  t.same(await queue(shop, 'reminders'), {
    queue: 'reminders', depth: 2, oldest: '2026-01-01T00:00:00+00:00', failed: 0, fault: null
  })
  await shop.sql`update users.users set order_notifications_via_email = true where id = 1`
  await shop.app.notifications.remind(10)
  t.match(await queue(shop, 'reminders'), { depth: 0, oldest: null })
  t.match(await queue(shop, 'emails'), { depth: 1, oldest: /^\d{4}-/, failed: 0, fault: null })
  await shop.sql`insert into orders.outbox (order_id, event_type, payload, occurred_at) values (1, 'order_created',
    '{}', '2026-02-01T00:00:00Z')`
  t.same(await queue(shop, 'order-events'), {
    queue: 'order-events', depth: 1, oldest: '2026-02-01T00:00:00+00:00', failed: 0, fault: null
  })
})

t.test('emails that failed for good: why, one tried again, then all', async (t) => {
  const mail = await openMailServer(t)
  const shop = await openShop(t, { ...settings, ...mail.settings })
  mail.behave({ status: 550 })
  await shop.sql`update users.users set order_notifications_via_email = true, order_notifications_next_scheduled_time =
    now() where id <= 3`
  await shop.app.notifications.remind(10)
  const { json: placed } = await shop.call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] })
  await shop.call('PATCH', `/orders/${placed.data[0].order_id}`, { status: 'paid' })
  await until(async () => (await queue(shop, 'emails')).failed === 4)

  const { json } = await call(shop, 'GET', '/emails/failed?limit=3')
  t.match(json, { total: 4, limit: 3, offset: 0, failed: [{ attempts: 1, reason: /550/ }, {}, {}] })
  const { json: rest } = await call(shop, 'GET', '/emails/failed?limit=3&offset=3')
  const all = [...json.failed, ...rest.failed]
  t.equal(all.length, 4)
  t.match(all.find(({ about }) => about.kind === 'order status').about, {
    user_id: userId(1), order_id: Number(placed.data[0].order_id)
  })
  t.match(all.find(({ about }) => about.kind === 'reminder' && about.user_id === userId(2)).about, {
    order_id: null, due_at: /^\d{4}-/
  })

  mail.behave('accept')
  const [one] = all
  t.match(await call(shop, 'POST', `/emails/failed/${one.id}/retry`), {
    status: 200, json: { queue: 'emails', retried: 1 }
  })
  await mail.arrived(1)
  refuses(t, await call(shop, 'POST', `/emails/failed/${one.id}/retry`), 404, 'JOB_NOT_FOUND')
  t.match(await call(shop, 'POST', '/emails/failed/retry'), {
    status: 200, json: { queue: 'emails', retried: 3, remaining: 0 }
  })
  await mail.arrived(4)
  await until(async () => (await queue(shop, 'emails')).depth === 0)
  t.match(await call(shop, 'POST', '/emails/failed/retry'), { status: 200, json: { retried: 0 } })
  t.equal(mail.offered(), 8, 'each once refused, once accepted')
})

t.test('deliveries that failed for good: of which webhook and why; one tried again, then all in order', async (t) => {
  const [shop, consumer] = [await openShop(t, { ...settings, WEBHOOK_PRIVATE_NETWORKS: 'true' }), await openConsumer(t)]
  const { json: { id } } = await shop.call('POST', '/api/v1/webhooks', { url: consumer.url }, ADMIN)
  const place = async (n: number) =>
    (await shop.call('POST', '/orders', { user_id: userId(n), items: [{ product_id: 1 }] })).json.data[0].order_id
  await shop.sql`update gateway.webhooks set paused_until = 'infinity'`
  const [one, other] = [await place(1), await place(2)]
  for (const status of ['paid', 'shipped']) await shop.call('PATCH', `/orders/${other}`, { status })
  await until(async () => (await queue(shop, 'webhooks')).depth === 4)
  t.match(await queue(shop, 'webhooks'), { oldest: /^\d{4}-/, failed: 0, fault: null })
  await shop.sql`update gateway.webhook_deliveries set expires_at = now()`
  t.equal(await shop.app.webhooks.expire(10), 4)
  t.match(await queue(shop, 'webhooks'), { depth: 0, oldest: null, failed: 4 })

  const { json } = await call(shop, 'GET', '/webhooks/failed?limit=3')
  t.match(json, { total: 4, limit: 3, failed: [{ attempts: 0, reason: /three days/ }, {}, {}] })
  const all = [...json.failed, ...(await call(shop, 'GET', '/webhooks/failed?limit=3&offset=3')).json.failed]
  t.equal(all.length, 4)
  const first = all.find(({ about }) => about.order_id === Number(one))
  t.match(first.about, { kind: 'webhook', webhook_id: id, created_at: /^\d{4}-/ })

  t.match(await call(shop, 'POST', `/webhooks/failed/${first.id}/retry`), { status: 200, json: { retried: 1 } })
  refuses(t, await call(shop, 'POST', `/webhooks/failed/${first.id}/retry`), 404, 'JOB_NOT_FOUND')
  await shop.sql`update gateway.webhooks set paused_until = null`
  await consumer.arrived(1)
  t.match(consumer.received, [{ body: { order_id: Number(one) } }])
  await until(async () => (await queue(shop, 'webhooks')).depth === 0)
  await shop.sql`update gateway.webhooks set paused_until = 'infinity'`
  t.match(await call(shop, 'POST', '/webhooks/failed/retry'), { status: 200, json: { retried: 3, remaining: 0 } })
  const waiting = (await shop.call('GET', `/api/v1/webhooks/${id}/deliveries?status=waiting`, undefined, ADMIN)).json
  t.match(waiting.deliveries.map(({ next_attempt_at: next }: { next_attempt_at: string | null }) => next),
    [String, null, null], 'one after the other')
  await shop.sql`update gateway.webhooks set paused_until = null`
  await consumer.arrived(4)
  t.same(consumer.received.slice(1).map(({ body }) => body.status), ['pending', 'paid', 'shipped'])
  await until(async () => (await queue(shop, 'webhooks')).depth === 0)

  await shop.sql`update gateway.webhook_deliveries set failed_at = now(), delivered_at = null`
  t.match(await queue(shop, 'webhooks'), { failed: 4 })
  await shop.call('DELETE', `/api/v1/webhooks/${id}`, undefined, ADMIN)
  t.match(await queue(shop, 'webhooks'), { depth: 0, failed: 0 }, 'those of a deleted one are to be cleared')
  t.match((await call(shop, 'GET', '/webhooks/failed')).json, { failed: [], total: 0 })
  t.match(await call(shop, 'POST', '/webhooks/failed/retry'), { status: 200, json: { retried: 0, remaining: 0 } })
})

t.test('a tick that failed for good is shown with its reason, and runs when it is tried again', async (t) => {
  const shop = await openShop(t, settings)
  const [{ id } = {}] = await shop.sql`
    insert into pgboss.job (name, state, output, completed_on) values ('housekeeping', 'failed',
    '{"message": "disk full"}', now()) returning id`
  t.match(await queue(shop, 'housekeeping'), { failed: 1 })
  t.match((await call(shop, 'GET', '/housekeeping/failed')).json, {
    total: 1, failed: [{ id, reason: 'disk full', about: { kind: 'tick' } }]
  })
  t.match(await call(shop, 'POST', `/housekeeping/failed/${id}/retry`), { status: 200, json: { retried: 1 } })
  await until(async () => (await shop.sql`select state from pgboss.job where id = ${id}`)[0]!.state === 'completed')
})

t.test('what is no queue or no job is refused', async (t) => {
  const shop = await openShop(t, settings)
  for (const [method, path] of [['GET', '/failed'], ['POST', '/failed/retry'], ['POST', '/failed/1/retry']] as const) {
    refuses(t, await call(shop, method, `/nonsense${path}`), 404, 'QUEUE_NOT_FOUND')
  }
  for (const name of ['emails', 'reminders', 'order-events', 'webhooks', 'housekeeping']) {
    for (const id of ['1', 'x', '99999999999999999999', userId(1)]) {
      refuses(t, await call(shop, 'POST', `/${name}/failed/${id}/retry`), 404, 'JOB_NOT_FOUND')
    }
    t.match(await call(shop, 'GET', `/${name}/failed`), { status: 200, json: { failed: [], total: 0 } })
  }
  refuses(t, await shop.call('GET', '/api/v1/jobs'), 401, 'NOT_IDENTIFIED')
})
