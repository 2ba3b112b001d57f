import t, { type Test } from 'tap'
import { brokerAbsent, openBroker } from '../broker.ts'
import { until } from '../checks.ts'
import { openShop, userId, type Shop } from '../helper.ts'
import { openMailServer } from '../mail-server.ts'

t.setTimeout(120_000)

/** Users 1 to 4 get an email each. */
async function remind (shop: Shop): Promise<void> {
  await shop.sql`update users.users set order_notifications_via_email = true, order_notifications_next_scheduled_time =
    now() where id <= 4`
  await shop.app.notifications.remind(10)
}

/** From now on the database refuses whatever is written to rows of which `condition` is true. */
async function refuse ({ sql }: Shop, table: string, condition: string): Promise<void> {
  await sql.unsafe(`
    create function gateway.refuse_one() returns trigger language plpgsql as $$ begin raise exception 'not this one';
    end $$;
    create trigger refuse_one before update on ${table} for each row when (${condition})
    execute function gateway.refuse_one()`).simple()
}

const reasons = async ({ sql }: Shop) =>
  new Map((await sql`select user_id::int, last_error from gateway.emails where failed_at is not null`).map(
    (row) => [row.user_id, row.last_error]
  ))

t.test('a refusal is kept whatever stands in it, wherever it is cut', async (t) => {
  const mail = await openMailServer(t)
  const shop = await openShop(t, mail.settings)
  // Of an odd and of an even length before the emoji: one of them is cut inside of one.
  mail.behave((to) => ({ status: 550, message: `${'x'.repeat(Number(/\d/.exec(to)![0]))}${'😀'.repeat(400)}` }))
  await remind(shop)
  await until(async () => (await reasons(shop)).size === 4, 'four dead letters')
  for (const reason of (await reasons(shop)).values()) t.match(reason, /😀$/)
})

t.test('a failure that cannot be recorded is in nobody’s way', async (t) => {
  const mail = await openMailServer(t)
  const shop = await openShop(t, mail.settings)
  mail.behave((to) => ({ status: 550, message: to === 'user2@example.com' ? 'bad' : 'fine' }))
  await refuse(shop, 'gateway.emails', "new.last_error like '%bad%'")
  await remind(shop)
  await until(async () => (await reasons(shop)).size === 4, 'four dead letters')
  t.equal((await reasons(shop)).get(2), 'the reason could not be recorded')
  t.match((await reasons(shop)).get(1), /fine/)
})

t.test('an accepted email that cannot be marked is in nobody’s way, and is not sent again', async (t) => {
  const mail = await openMailServer(t)
  const shop = await openShop(t, mail.settings)
  await refuse(shop, 'gateway.emails', 'new.accepted_at is not null and new.user_id = 2')
  await remind(shop)
  const accepted = async () =>
    (await shop.sql`select user_id::int from gateway.emails where accepted_at is not null order by 1`).map(
      ({ user_id: id }) => id
    )
  await until(async () => (await accepted()).length === 3, 'three are marked')
  // Its hold is over: it would be due.
  await shop.sql`update gateway.emails set next_attempt_at = now() where accepted_at is null`
  await until(async () => (await shop.sql`select from gateway.emails where attempts > 1`).length === 1, 'claimed again')
  await shop.sql`drop trigger refuse_one on gateway.emails`
  await until(async () => (await accepted()).length === 4, 'marked in the end')
  t.equal(mail.offered(), 4, 'each was sent once')
})

t.test('an event that cannot be marked is in nobody’s way', { skip: await brokerAbsent() }, async (t: Test) => {
  const broker = await openBroker(t)
  const shop = await openShop(t, broker.settings)
  await shop.call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 7 }] })
  await broker.arrived(1)
  await refuse(shop, 'orders.outbox', 'new.published_at is not null and new.order_id = 2')
  await shop.sql`insert into orders.outbox (order_id, event_type, payload) select n, 'order_created', '{}'
    from generate_series(1, 20) n`
  // What is no object has no address to be taken out.
  await shop.sql`insert into orders.outbox (order_id, event_type, payload) values (30, 'order_created', '"text"')`
  await until(async () => (await shop.sql`select from orders.outbox where published_at is null`).length === 1,
    'all but one')
  t.same((await shop.sql`select order_id::int from orders.outbox where published_at is null`)[0], { order_id: 2 })
})
