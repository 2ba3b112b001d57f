import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openOwnShop, userId, type Shop } from '../helper.ts'

const tick = async ({ sql }: Shop) =>
  (await sql`insert into pgboss.job (name) values ('reminders') returning id`)[0]!.id as string

async function completed ({ sql }: Shop, id: string): Promise<boolean> {
  const deadline = performance.now() + 100_000
  while (performance.now() < deadline) {
    const [{ state } = {}] = await sql`select state from pgboss.job where id = ${id}`
    if (state === 'completed') return true
    await sleep(50)
  }
  return false
}

t.test('a gateway is ready once its jobs are started, and no longer when they are stopped', async (t) => {
  const shop = await openOwnShop(t)
  t.equal((await shop.call('GET', '/readyz')).status, 200)
  t.equal(shop.app.jobs.isStarted(), true)
  await shop.app.close()
  t.equal(shop.app.jobs.isStarted(), false)
})

t.test('ticks go on after every connection to the database was lost', async (t) => {
  const shop = await openOwnShop(t)
  t.ok(await completed(shop, await tick(shop)))
  await shop.sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
    and pid <> pg_backend_pid()`
  t.ok(await completed(shop, await tick(shop)))
})

t.test('two gateways have one schedule between them; with one gone, the other goes on', async (t) => {
  const first = await openOwnShop(t)
  const second = await openOwnShop(t, { DATABASE_URL: first.url })
  for (let n = 0; n < 4; n++) t.ok(await completed(first, await tick(first)))
  t.same([...await first.sql`select count(*)::int as schedules from pgboss.schedule where name = 'reminders'`], [
    { schedules: 1 }
  ])
  await second.app.close()
  t.ok(await completed(first, await tick(first)))
})

t.test('a tick that fails is tried again, and what it meant to do is done', async (t) => {
  const shop = await openOwnShop(t)
  await shop.sql`update users.users set order_notifications_next_scheduled_time = now() where id = 1`
  await shop.sql`alter table users.reminders rename to elsewhere`
  const id = await tick(shop)
  const deadline = performance.now() + 100_000
  let retries = 0
  while (retries === 0 && performance.now() < deadline) {
    await sleep(50)
    retries = (await shop.sql`select (state = 'retry')::int as n from pgboss.job where id = ${id}`)[0]!.n
  }
  t.equal(retries, 1)
  await shop.sql`alter table users.elsewhere rename to reminders`
  t.ok(await completed(shop, id))
  t.equal((await shop.call('GET', `/users/${userId(1)}`)).json.pending_order_notification, true)
})
