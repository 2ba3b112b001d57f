import t from 'tap'
import { until } from '../../checks.ts'
import { openShop, userId, type Shop } from '../../helper.ts'

const DAY = 24 * 3600_000

/**
 * The user asked for a reminder every `days`, the first of them `ago` milliseconds ago; nobody has been reminded yet.
 */
async function due (shop: Shop, ago: number, { users = 1, days = 7, email = false } = {}): Promise<void> {
  await shop.sql`
    update users.users set order_notifications_start_date_time = now() - ${ago} * interval '1 ms',
      days_between_order_notifications = ${days}, order_notifications_via_email = ${email} where id <= ${users}`
  await shop.sql`update users.users set order_notifications_next_scheduled_time = order_notifications_start_date_time
    where id <= ${users}`
}

const settings = async (shop: Shop, n = 1) => (await shop.call('GET', `/users/${userId(n)}/notification-settings`)).json
const reminders = async (shop: Shop) => (await shop.sql`select count(*)::int as n from users.reminders`)[0]!.n

t.test('a user who is due is reminded: marked, the next time moved, the email queued', async (t) => {
  const shop = await openShop(t)
  await due(shop, 1000, { email: true })
  const before = await settings(shop)
  t.match(before, { pending_order_notification: false, last_notification_sent_at: null })
  t.same(await shop.app.notifications.remind(10), { due: 1, reminded: 1, queued: 1 })
  const after = await settings(shop)
  t.equal(after.pending_order_notification, true)
  t.ok(after.last_notification_sent_at)
  t.equal(
    Date.parse(after.order_notifications_next_scheduled_time) - Date.parse(
      before.order_notifications_next_scheduled_time
    ),
    7 * DAY
  )
})

t.test('nobody is reminded early, or twice', async (t) => {
  const shop = await openShop(t)
  await due(shop, -60_000)
  t.match(await shop.app.notifications.remind(10), { due: 0 })
  await due(shop, 1000)
  t.match(await shop.app.notifications.remind(10), { reminded: 1 })
  t.match(await shop.app.notifications.remind(10), { due: 0 })
})

t.test('who did not ask for emails gets none, and is pending until the next login, which still says so', async (t) => {
  const shop = await openShop(t)
  await due(shop, 1000)
  t.match(await shop.app.notifications.remind(10), { reminded: 1, queued: 0 })
  const login = { email_address: 'user1@example.com', password: 'password' }
  t.equal((await shop.call('POST', '/users/login', login)).json.pending_order_notification, true)
  t.equal((await shop.call('POST', '/users/login', login)).json.pending_order_notification, false)
})

t.test('a schedule missed for weeks gives one reminder, and goes on in its rhythm', async (t) => {
  const shop = await openShop(t)
  await due(shop, 31 * DAY)
  const start = Date.parse((await settings(shop)).order_notifications_start_date_time)
  t.match(await shop.app.notifications.remind(10), { reminded: 1 })
  t.match(await shop.app.notifications.remind(10), { due: 0 })
  const next = Date.parse((await settings(shop)).order_notifications_next_scheduled_time)
  t.equal(next - start, 35 * DAY, 'the fifth week')
})

t.test('a clock that steps back does not remind of the same due time again, and nobody stays due', async (t) => {
  const shop = await openShop(t)
  await due(shop, 1000)
  await shop.app.notifications.remind(10)
  // As if the time of the reminder came once more.
  await shop.sql`update users.users set order_notifications_next_scheduled_time = order_notifications_start_date_time,
    pending_order_notification = false where id = 1`
  t.same(await shop.app.notifications.remind(10), { due: 1, reminded: 0, queued: 0 })
  t.equal((await settings(shop)).pending_order_notification, false)
  t.match(await shop.app.notifications.remind(10), { due: 0 })
})

t.test('a user whose row is held by somebody else is passed by, and reminded afterwards', async (t) => {
  const shop = await openShop(t)
  await due(shop, 1000, { users: 2 })
  await shop.sql.begin(async (sql) => {
    await sql`select from users.users where id = 1 for update`
    t.match(await shop.app.notifications.remind(10), { reminded: 1 })
  })
  t.match(await shop.app.notifications.remind(10), { reminded: 1 })
})

t.test('killed in the middle, nothing is half done', async (t) => {
  const shop = await openShop(t)
  await due(shop, 1000, { users: 5, email: true })
  await shop.sql`
    create function users.sleep() returns trigger language plpgsql as $$ begin perform pg_sleep(5); return new; end $$`
  await shop.sql`create trigger slow before insert on gateway.emails for each row execute function users.sleep()`
  const reminding = shop.app.notifications.remind(10).catch((error: Error) => error)
  const kill = async () => (await shop.sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and query like '-- Reminds users%' and wait_event = 'PgSleep'`).length
  await until(async () => await kill() === 1, 'in the middle')
  t.ok(await reminding instanceof Error)
  t.equal(await reminders(shop), 0)
  await shop.sql`drop trigger slow on gateway.emails`
  t.same(await shop.app.notifications.remind(10), { due: 5, reminded: 5, queued: 5 })
})

t.test('two gateways and many ticks at once: each due user once', async (t) => {
  const first = await openShop(t)
  const second = await openShop(t, { DATABASE_URL: first.url })
  const USERS = 3000
  await first.sql`
    insert into users.users (first_name, last_name, email_address, order_notifications_via_email,
    order_notifications_next_scheduled_time)
    select 'User', n::text, 'many' || n || '@example.com', true, now() - interval '1 minute'
    from generate_series(1, ${USERS}) n`
  const batches = await Promise.all(Array.from({ length: 40 },
    async (_, n) => await (n % 2 ? first : second).app.notifications.remind(100)))
  t.equal(batches.reduce((sum, batch) => sum + batch.reminded, 0), USERS)
  t.equal(await reminders(first), USERS)
  const [emails] = await first.sql`select count(*)::int as n, count(distinct user_id)::int as users from gateway.emails`
  t.same(emails, { n: USERS, users: USERS })
})

t.test('the tick: by the cron expression of REMINDER_CRON, and whoever is due is reminded', async (t) => {
  const shop = await openShop(t, { REMINDER_CRON: '*/5 * * * *' })
  t.same([...await shop.sql`select cron, timezone from pgboss.schedule where name = 'reminders'`], [
    { cron: '*/5 * * * *', timezone: 'UTC' }
  ])
  await due(shop, 1000, { users: 5 })
  // A tick is a job of pg-boss; here it comes at once.
  await shop.sql`insert into pgboss.job (name) values ('reminders')`
  await until(async () => await reminders(shop) >= 5, 'reminded')
  t.equal(await reminders(shop), 5)
})
