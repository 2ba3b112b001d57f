import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { openOwnShop, openShop, type Shop, userId } from '../../helper.ts'

/** Has the hourly tick come now, and waits until it has done its work. */
async function tick ({ sql }: Shop): Promise<void> {
  const [job] = await sql`insert into pgboss.job (name) values ('housekeeping') returning id`
  const deadline = performance.now() + 100_000
  for (;;) {
    const [{ state } = {}] = await sql`select state from pgboss.job where id = ${job!.id}`
    if (state === 'completed') return
    if (performance.now() > deadline) throw new Error(`housekeeping is still ${state}`)
    await sleep(50)
  }
}

t.test('what has served its time is cleared, and nothing else', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  t.same([...await sql`select cron from pgboss.schedule where name = 'housekeeping'`], [{ cron: '17 * * * *' }])
  const order = { items: [{ product_id: 1, quantity: 1 }] }
  for (const n of [1, 2]) {
    await call('POST', '/orders', { ...order, user_id: userId(n) }, { 'idempotency-key': `key-${n}` })
    await call('POST', '/carts', { ...order, user_id: userId(n) })
  }
  await sql`update gateway.idempotency_keys set created_at = now() - interval '25 hours' where key = 'key-1'`
  await sql`alter table orders.carts disable trigger carts_touch`
  await sql`update orders.carts set updated_at = now() - interval '91 days' where user_id = 1`
  await sql`insert into orders.outbox (order_id, event_type, payload, published_at) values
    (1, 'order_created', '{}', now() - interval '8 days'), (2, 'order_created', '{}', now() - interval '6 days'), (3,
    'order_created', '{}', null)`
  await sql`insert into users.reminders (user_id, due_at) select 1, now() - days * interval '1 day'
    from unnest(array[1, 31, 91, 401]) days`
  await sql`insert into gateway.emails (user_id, due_at, accepted_at, failed_at, expires_at)
    select user_id, due_at, case when due_at > now() - interval '40 days' then due_at end,
      case when due_at < now() - interval '40 days' then due_at end, now() from users.reminders`
  // One that nobody could send.
  await sql`insert into users.reminders (user_id, due_at) values (2, now() - interval '4 days')`
  await sql`insert into gateway.emails (user_id, due_at, expires_at, attempts) select user_id, due_at, now(), 3
    from users.reminders where user_id = 2`

  await tick(shop)
  t.same([...await sql`select key from gateway.idempotency_keys`], [{ key: 'key-2' }])
  t.same([...await sql`select user_id::int from orders.carts`], [{ user_id: 2 }])
  t.same([...await sql`select order_id::int from orders.outbox where order_id < 1000 order by id`],
    [{ order_id: 2 }, { order_id: 3 }])
  t.same(
    [
      ...await sql`select (extract(epoch from now() - due_at) / 86400)::int as days from users.reminders
        where user_id = 1 order by 1`
    ],
    [{ days: 1 }, { days: 31 }, { days: 91 }], 'reminders: 400 days'
  )
  t.match([...await sql`select user_id::int, failed_at is not null as failed from gateway.emails order by id`],
    [{ user_id: 1, failed: false }, { user_id: 2, failed: true }],
    'accepted 30 days, failed 90; what was not sent in time has failed')
})

t.test('more than one batch', async (t) => {
  const shop = await openShop(t)
  await shop.sql`insert into orders.outbox (order_id, event_type, payload, published_at)
    select n, 'order_created', '{}', now() - interval '8 days' from generate_series(1, 2500) n`
  await tick(shop)
  t.same([...await shop.sql`select count(*)::int as n from orders.outbox`], [{ n: 0 }])
})

t.test('a step that fails keeps none of the others from being done, and fails the tick', async (t) => {
  const lines: string[] = []
  const log = new Writable({ write (chunk, _encoding, done) { lines.push(String(chunk)); done() } })
  const shop = await openOwnShop(t, { LOG_LEVEL: 'error' }, log)
  const { sql } = shop
  await sql`
    create function orders.refuse() returns trigger language plpgsql as $$ begin raise exception 'not this one'; end $$`
  await sql`create trigger refuse before delete on orders.outbox for each row execute function orders.refuse()`
  await sql`create trigger refuse before update on gateway.emails for each row execute function orders.refuse()`
  await sql`insert into orders.outbox (order_id, event_type, payload, published_at) values (1, 'order_created', '{}',
    now() - interval '8 days')`
  await sql`insert into users.reminders (user_id, due_at) values (1, now() - interval '4 days'), (1, now() - interval
    '401 days')`
  await sql`insert into gateway.emails (user_id, due_at, expires_at) values (1, (select max(due_at)
    from users.reminders), now())`
  await sql`insert into gateway.idempotency_keys (caller, key, request_hash, created_at) values ('caller', 'key',
    'hash', now() - interval '25 hours')`
  await sql`insert into orders.order_totals values ('2020-01-01', 'paid', 3, 1, 1, 1)`

  // The first tick of a queue is tried three times; this one has no more tries left.
  const [job] = await sql`insert into pgboss.job (name, retry_limit) values ('housekeeping', 0) returning id`
  const state = async () =>
    (await sql`select state, output ->> 'message' as message from pgboss.job where id = ${job!.id}`)[0]!
  for (const deadline = performance.now() + 20_000; !['completed', 'failed'].includes((await state()).state);) {
    if (performance.now() > deadline) throw new Error('housekeeping does not end')
    await sleep(50)
  }
  t.match(await state(), {
    state: 'failed', message: /given up emails: .*not this one.*; cleared published events: .*not this one/
  })
  t.same([...await sql`select 1 from gateway.idempotency_keys`], [], 'what comes before')
  t.same([...await sql`select 1 from users.reminders where due_at < now() - interval '5 days'`], [], 'and after')
  t.same([...await sql`select shard, orders::int from orders.order_totals`], [{ shard: -1, orders: 1 }])
  t.equal((await sql`select until from orders.settled_orders`)[0]!.until.getTime() > 0, true)
  t.match(lines.filter((line) => line.includes('a step of housekeeping failed')).map((line) => JSON.parse(line).step), [
    'given up emails', 'cleared published events'
  ])
})
