import type { Sql } from 'postgres'
import { BY_INDEX, createClient } from '../database/client.ts'
import { statementTexts, type Parameter } from '../database/statements.ts'

/** A statement that works something off or clears it, as the gateway runs it. */
interface Work {
  name: string
  statement: string
  /** Rows it works on at once. */
  batch: number
  parameters: (sql: Sql) => Promise<Parameter[]> | Parameter[]
  /** Whether a run has done its batch; one that has not is run again. */
  isDone?: (rows: any[]) => boolean
}

const WEEK_AGO = () => new Date(Date.now() - 7 * 24 * 3_600_000).toISOString()

/** Before the orders that are to be settled, and after those that have been. */
const SETTLED = '2024-12-31'

const ids = async (sql: Sql, text: string): Promise<string[]> => (await sql.unsafe(text)).map(({ id }) => String(id))
const waitingEmails = async (sql: Sql) => await ids(sql,
  "select id from gateway.emails where due_at = '2020-01-01' and accepted_at is null order by id desc limit 20")
const waitingEvents = async (sql: Sql) => await ids(sql,
  'select id from orders.outbox where published_at is null and order_id > 10000000 order by id desc limit 200')

export const WORK: Work[] = [
  { name: 'events: claim', statement: 'events/claim-events', batch: 200, parameters: () => [200, 5000, 30, 8_000_000] },
  {
    name: 'events: claim, past those that a stuck relay holds',
    statement: 'events/claim-events',
    batch: 5000,
    parameters: () => [200, 5000, 30, 0]
  },
  {
    name: 'events: mark published',
    statement: 'events/mark-published',
    batch: 200,
    parameters: async (sql) => [await waitingEvents(sql)]
  },
  {
    name: 'events: release',
    statement: 'events/release',
    batch: 200,
    parameters: async (sql) => [await waitingEvents(sql), 'a reason']
  },
  {
    name: 'events: note a fault',
    statement: 'events/note-fault',
    batch: 1,
    parameters: () => [`at ${performance.now()}`]
  },
  { name: 'events: clear', statement: 'events/clear-published', batch: 1000, parameters: () => [1000, 7] },
  { name: 'emails: claim', statement: 'notifications/claim-emails', batch: 20, parameters: () => [20, 300] },
  {
    name: 'emails: mark accepted',
    statement: 'notifications/mark-accepted',
    batch: 20,
    parameters: async (sql) => [await waitingEmails(sql)]
  },
  {
    name: 'emails: record failures',
    statement: 'notifications/record-failures',
    batch: 20,
    parameters: async (sql) => [
      JSON.stringify((await waitingEmails(sql)).map(
        (id) => ({ id, reason: 'no', permanent: false, server_away: false })
      ))
    ]
  },
  { name: 'emails: expire', statement: 'notifications/expire-emails', batch: 1000, parameters: () => [1000] },
  { name: 'emails: hasten', statement: 'notifications/hasten-emails', batch: 1000, parameters: () => [1000, 0] },
  { name: 'emails: clear', statement: 'notifications/clear-emails', batch: 1000, parameters: () => [1000] },
  {
    name: 'emails: retry',
    statement: 'operations/retry-emails',
    batch: 1000,
    parameters: () => [1000, new Date().toISOString()]
  },
  { name: 'reminders: remind', statement: 'notifications/remind', batch: 500, parameters: () => [500] },
  { name: 'reminders: clear', statement: 'notifications/clear-reminders', batch: 1000, parameters: () => [1000] },
  {
    name: 'idempotency keys: clear', statement: 'orders/clear-idempotency-keys', batch: 1000, parameters: () => [1000]
  },
  { name: 'carts: clear', statement: 'carts/clear-abandoned', batch: 1000, parameters: () => [1000] },
  { name: 'sums of days: fold', statement: 'orders/fold-totals', batch: 1000, parameters: () => [1000] },
  { name: 'movements of stocks: fold', statement: 'catalogue/fold-movements', batch: 1000, parameters: () => [1000] },
  {
    name: 'orders: settle',
    statement: 'orders/settle-orders',
    batch: 1000,
    parameters: async (sql) => {
      await sql`update orders.settled_orders set until = ${SETTLED}, closing = null, horizon = null`
      return [1000, WEEK_AGO()]
    },
    isDone: ([row]) => !row.settled_until.startsWith(SETTLED)
  }
]

/** Rows `from` to `to` of what is done and stays, in every table that is a queue or is cleared. Orders: every fifth. */
const DONE = `
  insert into orders.outbox (order_id, event_type, payload, published_at) select n, 'order_created',
  '{"status": "paid"}', now() from generate_series($from, $to) n;
  insert into users.users (id, first_name, last_name, email_address, order_notifications_next_scheduled_time)
    select 1000000 + n, 'User', n::text, 'done' || n || '@example.com', now() + interval '10 days'
    from generate_series($from, $to, 5) n;
  insert into users.reminders (user_id, due_at) select 1000000 + n, now() - interval '1 day' from generate_series($from,
  $to) n;
  insert into gateway.emails (user_id, due_at, accepted_at) select 1000000 + n, now(), now() from generate_series($from,
  $to) n;
  insert into gateway.idempotency_keys (caller, key, request_hash, answer) select 'caller', 'done' || n, 'hash', '{}'
  from generate_series($from, $to) n;
  insert into orders.carts (user_id) select 1000000 + n from generate_series($from, $to) n;
  insert into products.stock_movements (product_id, quantity, stock, reason, moved_at)
    select n, 1, 1, 'other', now() from generate_series($from, $to) n;
  insert into orders.order_totals (day, status, shard, orders, total_quantity, total_price)
    select date '2000-01-01' + n, 'paid', -1, 1, 1, 1 from generate_series($from, least($to, 7000)) n;
  insert into orders.orders (id, order_reference, order_dow, order_hour_of_day, created_at)
    select n, 'ORD-done-' || n, 0, 0, timestamptz '2020-01-01' + n * interval '1 minute' from generate_series($from,
    $to, 5) n;
  insert into orders.order_items (order_id, product_id, add_to_cart_order, product_name, ordered_at)
    select n, n % 30 + 1, 1, 'Product', timestamptz '2020-01-01' + n * interval '1 minute' from generate_series($from,
    $to, 5) n;`

/** Rows `from` to `to` of what is to be worked off or cleared. */
const WAITING = `
  insert into orders.outbox (order_id, event_type, payload) select 10000000 + n, 'order_created', '{"status": "paid"}'
  from generate_series($from, $to) n;
  insert into orders.outbox (order_id, event_type, payload) select 9000000, 'order_created', '{"status": "paid"}'
  from generate_series($from, $to) n;
  insert into orders.outbox (order_id, event_type, payload, claimed_until)
    select 5000000 + n, 'order_created', '{"status": "paid"}', now() + interval '1 day' from generate_series($from,
    $to) n;
  insert into orders.outbox (order_id, event_type, payload, published_at)
    select 4000000 + n, 'order_created', '{"status": "paid"}', now() - interval '8 days' from generate_series($from,
    $to) n;
  insert into users.users (id, first_name, last_name, email_address, order_notifications_next_scheduled_time,
  order_notifications_via_email)
    select 2000000 + n, 'User', n::text, 'due' || n || '@example.com', now() - interval '1 hour', true
    from generate_series($from, $to, 5) n;
  insert into users.reminders (user_id, due_at) select 2000000 + n, now() - interval '401 days'
  from generate_series($from, $to) n;
  insert into gateway.emails (user_id, due_at, next_attempt_at, expires_at, server_away, accepted_at, failed_at)
    select 2000000 + n - n % 5, kind.at + n % 5 * interval '1 hour', now() + kind.next, now() + kind.expires, kind.away,
    now() + kind.accepted, now() + kind.failed
    from generate_series($from, $to) n, (values
      (timestamptz '2020-01-01', interval '-1 hour', interval '3 days', false, null::interval, null::interval),
      ('2020-02-01', '-30 minutes', '-1 minute', false, null, null),
      ('2020-03-01', '1 hour', '3 days', true, null, null),
      ('2020-04-01', '-1 hour', '1 hour', false, null, '-1 hour'),
      ('2020-05-01', '-1 hour', '1 hour', false, '-31 days', null)) as kind (at, next, expires, away, accepted, failed);
  insert into gateway.idempotency_keys (caller, key, request_hash, answer, created_at)
    select 'caller', 'old' || n, 'hash', '{}', now() - interval '25 hours' from generate_series($from, $to) n;
  insert into orders.carts (user_id, updated_at) select 2000000 + n, now() - interval '91 days'
  from generate_series($from, $to) n;
  insert into products.stock_movements (product_id, quantity, stock, reason, moved_at)
    select n, 1, 1, 'other', now() - interval '401 days' from generate_series($from, $to) n;
  insert into orders.order_totals (day, status, shard, orders, total_quantity, total_price)
    select current_date - 2 - n / 352, 'status ' || n / 32 % 11, n % 32, 1, 1, 1 from generate_series($from, $to) n;
  insert into orders.orders (id, order_reference, order_dow, order_hour_of_day, created_at)
    select 10000000 + n, 'ORD-due-' || n, 0, 0, timestamptz '2025-01-01' + n * interval '1 minute'
    from generate_series($from, $to, 5) n;
  insert into orders.order_items (order_id, product_id, add_to_cart_order, product_name, ordered_at)
    select 10000000 + n, n % 30 + 1, 1, 'Product', timestamptz '2025-01-01' + n * interval '1 minute'
    from generate_series($from, $to, 5) n;`

const WORKED_OFF = `
  delete from orders.outbox where published_at is null;
  delete from gateway.emails where accepted_at is null;
  delete from users.users where id >= 2000000;`

const TABLES = [
  'orders.outbox', 'users.users', 'users.reminders', 'gateway.emails', 'gateway.idempotency_keys', 'orders.carts',
  'orders.order_totals', 'orders.orders', 'orders.order_items', 'products.stock_movements'
]

/** A database whose queues are filled at will, and whose statistics are as old as one likes. */
export async function openQueues (sql: Sql) {
  // An index of the names, which costs more than all the rest, and none of these look into it.
  await sql.unsafe('drop index users.users_search_idx')
  for (const table of TABLES) await sql.unsafe(`alter table ${table} set (autovacuum_enabled = off)`)
  /** Without triggers and foreign keys: only the rows count here, and each of them costs more than the row. */
  const write = async (text: string) => await sql.begin(async (transaction) => {
    await transaction`set local session_replication_role = replica`
    await transaction.unsafe(text).simple()
  })
  const fill = async (text: string, from: number, to: number) =>
    await write(text.replaceAll('$from', String(from)).replaceAll('$to', String(to)))
  const analyze = async () => { for (const table of TABLES) await sql.unsafe(`analyze ${table}`) }
  return {
    addDone: async (from: number, to: number) => await fill(DONE, from, to),
    addWaiting: async (from: number, to: number) => await fill(WAITING, from, to),
    analyze,
    /** As if all that waits for the broker, the mail server and a reminder had been done long ago. */
    dropWaiting: async () => {
      await write(WORKED_OFF)
      await analyze()
    },
    /** A connection as the gateway's, which keeps the plans it has made. */
    connect: (url: string): Sql => createClient(url, { max: 1, statementTimeout: 60_000, settings: BY_INDEX })
  }
}

/**
 * Blocks a database has looked at so far, whether in memory or not: what work costs, whatever else the machine does.
 */
async function blocks (connection: Sql): Promise<number> {
  await connection`select pg_stat_force_next_flush()`
  const [row] =
    await connection<{ n: number }[]>`select blks_hit + blks_read as n from pg_stat_database
      where datname = current_database()`
  return row!.n
}

/** Does one batch on this connection. */
export async function work (
  connection: Sql, { statement, parameters, isDone = () => true }: Work
): Promise<{ rows: number, blocks: number, ms: number }> {
  const values = await parameters(connection)
  const before = await blocks(connection)
  const began = performance.now()
  const run = async () => await connection.unsafe(statementTexts.get(statement)!, values as never[],
    { prepare: true, simple: false } as never)
  let rows = await run()
  while (!isDone(rows)) rows = await run()
  const ms = performance.now() - began
  return { rows: rows.length, blocks: await blocks(connection) - before, ms }
}
