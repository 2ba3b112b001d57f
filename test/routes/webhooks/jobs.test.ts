import t, { type Test } from 'tap'
import { Webhook } from 'standardwebhooks'
import { all, until } from '../../checks.ts'
import { openConsumer, type Consumer } from '../../consumer.ts'
import { openOwnShop, openShop, userId, type Shop } from '../../helper.ts'

const SETTINGS = { WEBHOOK_PRIVATE_NETWORKS: 'true' }

const place = async ({ call }: Shop, n = 1): Promise<number> =>
  Number((await call('POST', '/orders', { user_id: userId(n), items: [{ product_id: 1, quantity: 1 }] }))
    .json.data[0].order_id)
const pay = async ({ call }: Shop, id: number, status = 'paid') => await call('PATCH', `/orders/${id}`, { status })

async function subscribe ({ call }: Shop, url: string, fields = {}): Promise<{ id: number, secret: string }> {
  return (await call('POST', '/api/v1/webhooks', { url, ...fields })).json
}

async function setUp (t: Test): Promise<{ shop: Shop, consumer: Consumer, id: number, secret: string }> {
  const [shop, consumer] = [await openShop(t, SETTINGS), await openConsumer(t)]
  return { shop, consumer, ...await subscribe(shop, consumer.url) }
}

const deliveries = async ({ call }: Shop, id: number, query = ''): Promise<any[]> =>
  (await call('GET', `/api/v1/webhooks/${id}/deliveries?limit=100${query}`)).json.deliveries
const settled = async (shop: Shop, id: number) =>
  await until(async () => (await deliveries(shop, id, '&status=waiting')).length === 0, 'no delivery waits')
/** The next attempt need not be waited for. */
const hurry = async ({ sql }: Shop) => {
  await sql`update gateway.webhook_deliveries set next_attempt_at = now()
    where is_delayed and delivered_at is null and failed_at is null`
  await sql`update gateway.webhooks set paused_until = null`
}

t.test('events are sent as they happen, signed, with the ids and in the form of the feed', async (t) => {
  const { shop, consumer, secret, id } = await setUp(t)
  const orderId = await place(shop)
  await pay(shop, orderId)
  await pay(shop, orderId, 'cancelled')
  await consumer.arrived(3)
  const { events } = (await shop.call('GET', '/events')).json
  t.strictSame(consumer.received.map(({ body }) => body), events)
  t.strictSame(consumer.received.map(({ headers }) => headers['webhook-id']),
    events.map((one: { id: string }) => one.id))
  for (const { text, headers } of consumer.received) {
    t.strictSame(new Webhook(secret).verify(text, headers as Record<string, string>), JSON.parse(text))
  }
  t.throws(() => new Webhook(secret).verify(
    consumer.received[0]!.text.replace('pending', 'paid'), consumer.received[0]!.headers as Record<string, string>))
  await settled(shop, id)
  all(t, await deliveries(shop, id), ({ status, attempts }) => status === 'delivered' && attempts === 1, 'once each')
})

t.test('a delivery carries the trace of the request that caused it, and is counted', async (t) => {
  const { shop, consumer, id } = await setUp(t)
  const orderId = await place(shop)
  await consumer.arrived(1)
  const trace = '0af7651916cd43dd8448eb211c80319c'
  await shop.call('PATCH', `/orders/${orderId}`, { status: 'paid' }, { traceparent: `00-${trace}-b7ad6b7169203331-01` })
  await consumer.arrived(2)
  t.match(consumer.received[1]!.headers.traceparent, new RegExp(`^00-${trace}-[0-9a-f]{16}-01$`))
  await settled(shop, id)
  t.match((await shop.call('GET', '/metrics')).text, /^db_service_webhooks_total\{outcome="delivered"\} [1-9]/m)
})

t.test('only what was asked for, from then on, and not while it is off', async (t) => {
  const [shop, consumer] = [await openShop(t, SETTINGS), await openConsumer(t)]
  await place(shop, 2)
  await until(async () => (await shop.call('GET', '/events')).json.events.length === 1, 'the first is in the feed')
  const { id } = await subscribe(shop, consumer.url, { event_types: ['order_status_updated'] })
  const orderId = await place(shop)
  await pay(shop, orderId)
  await consumer.arrived(1)
  await shop.call('PATCH', `/api/v1/webhooks/${id}`, { active: false })
  await pay(shop, orderId, 'shipped')
  await until(async () => (await shop.call('GET', '/events')).json.events.length === 4, 'all are in the feed')
  await shop.call('PATCH', `/api/v1/webhooks/${id}`, { active: true })
  await pay(shop, orderId, 'delivered')
  await consumer.arrived(2)
  t.strictSame(consumer.received.map(({ body }) => body.status), ['paid', 'delivered'])
})

t.test('during rotation both secrets sign; afterwards the new one alone', async (t) => {
  const { shop, consumer, secret, id } = await setUp(t)
  const { secret: newer } = (await shop.call('POST', `/api/v1/webhooks/${id}/secret`)).json
  t.not(newer, secret)
  await shop.call('POST', `/api/v1/webhooks/${id}/test`)
  await consumer.arrived(1)
  const [first] = consumer.received
  for (const one of [secret, newer]) {
    t.match(new Webhook(one).verify(first!.text, first!.headers as Record<string, string>), { event_type: 'test' })
  }
  await shop.sql`update gateway.webhooks set previous_until = now()`
  await shop.call('POST', `/api/v1/webhooks/${id}/test`)
  await consumer.arrived(2)
  const { text, headers } = consumer.received[1]!
  t.ok(new Webhook(newer).verify(text, headers as Record<string, string>))
  t.throws(() => new Webhook(secret).verify(text, headers as Record<string, string>))
  const kept = JSON.stringify([...await shop.sql`select secret, previous_secret from gateway.webhooks`])
  for (const one of [secret, newer]) t.notMatch(kept, one.slice(6), 'encrypted where they are kept')
})

t.test('what fails is tried again, later each time, with the same id; those of its order wait behind it', async (t) => {
  const { shop, consumer, id } = await setUp(t)
  consumer.reply({ status: 500 })
  const orderId = await place(shop)
  await pay(shop, orderId)
  await consumer.arrived(1)
  const pauses: number[] = []
  for (let attempt = 1; attempt <= 4; attempt++) {
    await until(async () => {
      const planned = await shop.sql<{ pause: number }[]>`
        select extract(epoch from next_attempt_at - now())::float as pause from gateway.webhook_deliveries
        where attempts = ${attempt} and is_delayed and last_error = 'HTTP 500'`
      pauses.push(...planned.map(({ pause }) => pause))
      return planned.length > 0
    }, `attempt ${attempt} is recorded`)
    await hurry(shop)
    await consumer.arrived(attempt + 1)
  }
  t.ok(pauses.every((pause, n) => n === 0 || pause > 2 * pauses[n - 1]!), `growing: ${pauses.map(Math.round)} s`)
  all(t, consumer.received, ({ body }) => body.event_type === 'order_created', 'the second does not overtake')
  consumer.reply({ status: 200 })
  await until(async () => {
    await hurry(shop)
    return consumer.received.some(({ body }) => body.event_type === 'order_status_updated')
  }, 'the second follows')
  await settled(shop, id)
  t.equal(new Set(consumer.received.map(({ headers }) => headers['webhook-id'])).size, 2)
  t.match((await shop.call('GET', `/api/v1/webhooks/${id}`)).json, { failures: 0, last_error: null })
})

t.test('Retry-After is heeded for the webhook; 410 switches it off', async (t) => {
  const { shop, consumer, id } = await setUp(t)
  consumer.reply({ status: 503, headers: { 'retry-after': '3600' } })
  await place(shop)
  const find = async () => (await shop.call('GET', `/api/v1/webhooks/${id}`)).json
  await until(async () => (await find()).paused_until, 'it is paused')
  const minutes = (Date.parse((await find()).paused_until) - Date.now()) / 60_000
  t.ok(minutes > 55 && minutes <= 60, `for ${minutes} minutes`)
  await place(shop, 2)
  await until(async () => (await deliveries(shop, id)).length === 2, 'the second waits')
  consumer.reply({ status: 410 })
  await hurry(shop)
  await until(async () => !(await find()).active, 'it is switched off')
  t.match(await find(), { active: false, disabled_reason: /410/ })
})

t.test('given up after three days; sent again on demand', async (t) => {
  const { shop, consumer, id } = await setUp(t)
  consumer.reply({ status: 500 })
  await place(shop)
  await consumer.arrived(1)
  await until(async () => (await deliveries(shop, id))[0].last_status === 500, 'it is recorded')
  await shop.sql`update gateway.webhook_deliveries set expires_at = now()`
  await hurry(shop)
  await until(async () => (await deliveries(shop, id, '&status=failed')).length === 1, 'it has failed for good')
  const [failed] = await deliveries(shop, id)
  t.match(failed, { status: 'failed', attempts: 2, last_error: 'HTTP 500', next_attempt_at: null })
  consumer.reply({ status: 200 })
  await shop.sql`update gateway.webhooks set paused_until = null`
  const again = await shop.call('POST', `/api/v1/webhooks/${id}/deliveries/${failed.id}/redeliver`)
  t.match(again, { status: 202, json: { status: 'waiting', message_id: failed.message_id } })
  await settled(shop, id)
  t.match(await deliveries(shop, id), [{ status: 'delivered', attempts: 1 }])
  t.equal(new Set(consumer.received.map(({ headers }) => headers['webhook-id'])).size, 1)
})

t.test('what nobody could try within three days is given up, too, and the next of its order is due', async (t) => {
  const { shop, id } = await setUp(t)
  await shop.sql`update gateway.webhooks set paused_until = 'infinity'`
  const orderId = await place(shop)
  await pay(shop, orderId)
  await until(async () => (await deliveries(shop, id)).length === 2, 'both wait')
  await shop.sql`update gateway.webhook_deliveries set expires_at = now() where next_attempt_at < 'infinity'`
  t.equal(await shop.app.webhooks.expire(10), 1)
  t.match(await deliveries(shop, id), [
    { event_type: 'order_status_updated', status: 'waiting', next_attempt_at: String },
    { event_type: 'order_created', status: 'failed', last_error: /three days/ }
  ])
})

t.test('no redirect is followed, and a response has 64 KiB at most', async (t) => {
  const { shop, consumer, id } = await setUp(t)
  const elsewhere = await openConsumer(t)
  consumer.reply({ status: 302, headers: { location: elsewhere.url } })
  await shop.call('POST', `/api/v1/webhooks/${id}/test`)
  await until(async () => (await deliveries(shop, id))[0].last_error === 'HTTP 302', 'it counts as a failure')
  consumer.reply({ status: 200, body: 'x'.repeat(64 * 1024 + 1) })
  await hurry(shop)
  await until(async () => /64 KiB/.test((await deliveries(shop, id))[0].last_error), 'too much is a failure')
  consumer.reply({ status: 200, body: 'x'.repeat(64 * 1024) })
  await hurry(shop)
  await settled(shop, id)
  t.equal(elsewhere.received.length, 0)
})

t.test('a consumer that says nothing is in nobody’s way', async (t) => {
  const shop = await openOwnShop(t, SETTINGS)
  const [silent, quick] = [await openConsumer(t), await openConsumer(t)]
  silent.reply('silence')
  for (let n = 0; n < 5; n++) await subscribe(shop, silent.url)
  const { id } = await subscribe(shop, quick.url)
  for (let n = 0; n < 30; n++) await place(shop, n % 5 + 1)
  await quick.arrived(30)
  await settled(shop, id)
  t.equal(quick.received.length, 30, 'each once')
  t.ok(silent.most() <= 5 * 8, `${silent.most()} at once at the silent ones`)
})

t.test('two gateways share the work: each event once, in order for each order', async (t) => {
  const consumer = await openConsumer(t)
  const first = await openOwnShop(t, SETTINGS)
  const second = await openOwnShop(t, { ...SETTINGS, DATABASE_URL: first.url })
  const { id } = await subscribe(first, consumer.url)
  await Promise.all([first, second, first, second].map(async (shop, n) => {
    for (let round = 0; round < 10; round++) {
      const orderId = await place(shop, n + 1)
      for (const status of ['paid', 'shipped']) await pay(round % 2 ? first : second, orderId, status)
    }
  }))
  await consumer.arrived(120)
  await settled(first, id)
  t.equal(consumer.received.length, 120, 'none twice')
  const byOrder = Map.groupBy(consumer.received, ({ body }) => body.order_id)
  t.equal(byOrder.size, 40)
  all(t, byOrder.values(), (received) => received.map(({ body }) => body.status).join() === 'pending,paid,shipped',
    'in their order')
  t.ok(consumer.most() <= 16, `${consumer.most()} at once at most: 8 of each gateway`)
})

t.test('one that was away gets what it missed at once when it is back', async (t) => {
  const { shop, consumer, id } = await setUp(t)
  await consumer.close()
  for (let n = 0; n < 20; n++) await place(shop, n % 5 + 1)
  const find = async () => (await shop.call('GET', `/api/v1/webhooks/${id}`)).json
  await until(async () => (await find()).failures >= 5, 'it is left alone')
  t.match(await find(), { last_error: /ECONNREFUSED/ })
  await consumer.open()
  await consumer.arrived(20)
  await settled(shop, id)
  t.equal(new Set(consumer.received.map(({ headers }) => headers['webhook-id'])).size, 20)
  t.equal(consumer.received.length, 20, 'each once')
})
