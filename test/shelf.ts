import type { FastifyInstance } from 'fastify'
import type { Sql } from 'postgres'

// Starting a gateway on a database of its own takes 0.4 s of the processor, more than most tests. So a test's shop is
// put back when the test has passed, and the next test that wants one of the same settings gets it with the fixture's
// rows in it again. What a gateway remembers stays: a test to which that matters opens a shop of its own
// (helper.ts: openOwnShop).

/** A shop that can be used again; `close` leaves its database, `end` drops it. */
export interface Kept { app: FastifyInstance, sql: Sql, url: string, close (): Promise<void>, end (): Promise<void> }

interface Table { name: string, columns: string, rows: string }
/** What a shop holds, to be put back. */
export interface State {
  tables: Table[]
  sequences: { name: string, value: string, is_called: boolean }[]
  definitions: string
}

/** The ones put back last; each has connections and jobs of its own. */
const MOST = 3

let kept: { settings: string, shop: Kept }[] = []
const states = new WeakMap<Kept, State>()
let isOpen = false

/** From now on shops are kept. Whoever calls it calls `emptyShelf` at the end, else the process goes on for ever. */
export function openShelf (): void { isOpen = true }

/** A shop of these settings with the fixture in it; undefined where none is kept. */
export async function takeShop (settings: string): Promise<Kept | undefined> {
  const found = kept.findLast((each) => each.settings === settings)
  if (!found) return undefined
  kept = kept.filter((each) => each !== found)
  await reset(found.shop.sql, states.get(found.shop)!)
  return found.shop
}

/** Notes what a new shop has, so that it can be used again. */
export async function noteShop (shop: Kept): Promise<void> {
  if (isOpen) states.set(shop, await stateOf(shop.sql))
}

/** Keeps a shop for the next test; false where it is not as it was but for its rows, or nothing is kept. */
export async function keepShop (settings: string, shop: Kept): Promise<boolean> {
  const state = states.get(shop)
  if (!isOpen || !state || await definitionsOf(shop.sql) !== state.definitions) return false
  kept.push({ settings, shop })
  if (kept.length > MOST) await kept.shift()!.shop.end()
  return true
}

/** Ends all that are kept. */
export async function emptyShelf (): Promise<void> {
  isOpen = false
  await Promise.all(kept.map(async ({ shop }) => await shop.end()))
  kept = []
}

/** Changes with every change of a table, function, trigger or right: what a test does to those is not undone. */
async function definitionsOf (sql: Sql): Promise<string> {
  const [row] = await sql<{ definitions: string }[]>`
    with written as (
      select xmin from pg_class where relpersistence <> 't' and relnamespace::regnamespace::text not like 'pg\_%'
      union all select xmin from pg_proc where pronamespace::regnamespace::text not like 'pg\_%'
      union all select xmin from pg_trigger
      union all select xmin from pg_constraint
      union all select xmin from pg_namespace where nspname not like 'pg\_%'
      union all select xmin from pg_db_role_setting
    )
    select count(*) || ' ' || sum(xmin::text::bigint) as definitions from written`
  return row!.definitions
}

export async function stateOf (sql: Sql): Promise<State> {
  const found = await sql<{ name: string, columns: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name,
      (select string_agg(quote_ident(a.attname), ', ' order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname in ('users', 'products', 'orders', 'gateway', 'legacy') or
      c.oid = to_regclass('pgboss.job')`
  const tables = []
  for (const { name, columns } of found) {
    const [{ rows }] = await sql.unsafe<[{ rows: string }]>(
      `select coalesce(json_agg(t), '[]')::text as rows from (select ${columns} from ${name}) t`)
    tables.push({ name, columns, rows })
  }
  const sequences = []
  for (const { name } of await sql<{ name: string }[]>`
    select format('%I.%I', schemaname, sequencename) as name from pg_sequences where schemaname <> 'pgboss'`) {
    const [{ value, is_called: isCalled }] = await sql.unsafe<[{ value: string, is_called: boolean }]>(
      `select last_value::text as value, is_called from ${name}`)
    sequences.push({ name, value, is_called: isCalled })
  }
  return { tables, sequences, definitions: await definitionsOf(sql) }
}

/** Puts it back: without triggers and foreign keys. Statements that are sent together are one transaction. */
export async function reset (sql: Sql, { tables, sequences }: State): Promise<void> {
  const literal = (text: string) => `'${text.replaceAll("'", "''")}'`
  await sql.unsafe([
    "select set_config('session_replication_role', 'replica', true)",
    ...tables.map(({ name }) => `delete from ${name}`),
    ...tables.filter(({ rows }) => rows !== '[]').map(({ name, columns, rows }) =>
      `insert into ${name} (${columns}) overriding system value ` +
        `select ${columns} from json_populate_recordset(null::${name}, ${literal(rows)})`),
    ...sequences.map(({ name, value, is_called: isCalled }) => `select setval('${name}', ${value}, ${isCalled})`)
  ].join(';\n')).simple()
}
