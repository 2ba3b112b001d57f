import type { Sql } from 'postgres'
import { BY_INDEX, createClient } from '../database/client.ts'
import { statementTexts, type Parameter } from '../database/statements.ts'
import { DONE, TABLES, WAITING, WEBHOOKS, WORKED_OFF } from './queues-filling.ts'

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

const waitingDeliveries = async (sql: Sql) => await ids(sql, `select id from gateway.webhook_deliveries
  where webhook_id = 1 and delivered_at is null and failed_at is null and order_id > 10000000
  order by id desc limit 64`)

const failedDelivery = async (sql: Sql) => (await ids(sql,
  'select id from gateway.webhook_deliveries where webhook_id = 1 and failed_at is not null order by id limit 1'))[0]

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
  { name: 'events: number', statement: 'events/number-events', batch: 1000, parameters: () => [1000] },
  {
    name: 'webhooks: claim', statement: 'webhooks/claim-deliveries', batch: 64, parameters: () => ['{}', 64, 150]
  },
  {
    name: 'webhooks: record',
    statement: 'webhooks/record-deliveries',
    batch: 64,
    parameters: async (sql) => [JSON.stringify((await waitingDeliveries(sql)).map((id, n) => ({
      id: Number(id), webhook_id: 1, is_delivered: n % 2 === 0, is_gone: false, reason: 'no', took_ms: 5
    })))]
  },
  {
    name: 'webhooks: release',
    statement: 'webhooks/release-deliveries',
    batch: 64,
    parameters: async (sql) => [await waitingDeliveries(sql)]
  },
  { name: 'webhooks: expire', statement: 'webhooks/expire-deliveries', batch: 1000, parameters: () => [1000] },
  {
    name: 'webhooks: retry',
    statement: 'operations/retry-deliveries',
    batch: 1000,
    parameters: () => [null, 1000]
  },
  {
    name: 'webhooks: retry one',
    statement: 'operations/retry-deliveries',
    batch: 1,
    parameters: async (sql) => [await failedDelivery(sql) ?? '0', 1]
  },
  { name: 'webhooks: clear', statement: 'webhooks/clear-deliveries', batch: 1000, parameters: () => [1000, 7] },
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
    name: 'orders: timeline of what waits',
    statement: 'orders/list-timeline',
    batch: 1,
    parameters: () => [10_000_006, 1000]
  },
  {
    name: 'orders: timeline of what is done',
    statement: 'orders/list-timeline',
    batch: 1,
    parameters: () => [4996, 1000]
  },
  {
    name: 'idempotency keys: clear', statement: 'orders/clear-idempotency-keys', batch: 1000, parameters: () => [1000]
  },
  { name: 'carts: clear', statement: 'carts/clear-abandoned', batch: 1000, parameters: () => [1000] },
  { name: 'popularity: rank', statement: 'catalogue/rank-popularity', batch: 1000, parameters: () => [1000] },
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

/** A database whose queues are filled at will, and whose statistics are as old as one likes. */
export async function openQueues (sql: Sql) {
  // An index of the names, which costs more than all the rest, and none of these look into it.
  await sql.unsafe('drop index users.users_search_idx')
  await sql.unsafe(WEBHOOKS).simple()
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
