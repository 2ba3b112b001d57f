import t from 'tap'
import { openOwnShop } from '../helper.ts'
import { openQueues, work } from '../queues-at-size.ts'

t.setTimeout(600_000)

/** More than a request has time for. */
const FAILED = 300_000
const PUBLISHED = 300_000

const ADMIN = { 'x-api-key': 'admin-key' }

t.test(
  'very many emails that failed for good: each request answers within its time, and all are tried again in the end',
  async (t) => {
    const shop = await openOwnShop(t, { ADMIN_API_KEYS: 'admin-key', SMTP_URL: 'smtp://127.0.0.1:1' })
    // The mail server is away: what is tried again waits.
    await shop.sql.begin(async (sql) => {
      await sql`set local session_replication_role = replica`
      await sql`insert into gateway.emails (user_id, due_at, failed_at, attempts, last_error)
      select n % 5 + 1, timestamptz '2020-01-01' + n * interval '1 second', now() - interval '1 hour', 5, 'refused'
      from generate_series(1, ${FAILED}::int) n`
    })
    let [retried, requests, remaining] = [0, 0, FAILED]
    while (remaining > 0) {
      const began = performance.now()
      const answer = await shop.call('POST', '/api/v1/jobs/emails/failed/retry', undefined, ADMIN)
      const ms = performance.now() - began
      t.ok(answer.status === 200 && ms < 6000, `${answer.status} after ${ms.toFixed(0)} ms: ${answer.text}`)
      if (answer.status !== 200) break
      retried += answer.json.retried
      requests++
      remaining = answer.json.remaining
      t.equal(retried + remaining, FAILED)
    }
    t.equal(retried, FAILED, `in ${requests} requests`)
    const [left] = await shop.sql`select count(*)::int as n from gateway.emails where failed_at is not null`
    t.equal(left!.n, 0)
  }
)

t.test('what waits is listed without a look at what is published', async (t) => {
  const shop = await openOwnShop(t)
  const queues = await openQueues(shop.sql)
  const connection = queues.connect(shop.url)
  t.teardown(async () => await connection.end({ timeout: 5 }))
  const list = { name: 'queues: list', statement: 'operations/list-queues', batch: 1, parameters: () => [] }
  await work(connection, list)
  await shop.sql`insert into orders.outbox (order_id, event_type, payload, published_at)
    select n, 'order_created', '{}', now() from generate_series(1, ${PUBLISHED}::int) n`
  await shop.sql`insert into orders.outbox (order_id, event_type, payload, last_error) select n, 'order_created', '{}',
    'no' from generate_series(1, 100) n`
  for (const moment of ['planned while nothing was there', 'with statistics']) {
    await work(connection, list)
    const { blocks, ms } = await work(connection, list)
    t.ok(blocks < 1000, `${moment}: ${blocks} pages (${ms.toFixed(1)} ms)`)
    await shop.sql`analyze orders.outbox`
  }
})
