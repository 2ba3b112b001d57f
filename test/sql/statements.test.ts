import { randomBytes } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import postgres, { type Sql } from 'postgres'
import t, { type Test } from 'tap'
import { migrate } from '../../database/migration/index.ts'
import { openShop, type Shop } from '../helper.ts'
import { databaseUrl } from '../server.ts'

const folder = join(import.meta.dirname, '../../sql')

/**
 * Folders of sql/ that hold no statements of a domain: run by migrate, by scripts, by the loader on tables it makes
 * itself, or by the /query lane.
 */
const NO_DOMAINS = ['legacy', 'loader', 'migrating', 'migrations', 'query', 'scripts']

/** Foreign keys whose columns need no index of their own, each with its reason. */
const UNINDEXED: Record<string, string> = {}

/** PostgreSQL's types that fit a schema's type. Timestamps and uuids are text in JSON. */
const FITTING: Record<string, string[]> = {
  string: ['text', 'character varying', 'uuid', 'timestamp with time zone'],
  integer: ['smallint', 'integer', 'bigint'],
  number: ['numeric', 'real', 'double precision', 'smallint', 'integer', 'bigint'],
  boolean: ['boolean'],
  object: ['json', 'jsonb'],
  array: ['json', 'jsonb'],
  Uint8Array: ['bytea']
}

interface Described { types: number[], columns: { name: string, type: number }[] }

const describe = async ({ sql }: Shop, text: string) =>
  await sql.unsafe(text, [], { prepare: true }).describe() as unknown as Described

/** What PostgreSQL calls each type, with the usual short name for timestamptz. */
async function typeNames ({ sql }: Shop): Promise<Map<number, string>> {
  const rows = await sql<{ oid: number, name: string }[]>`select oid::int, format_type(oid, null) as name from pg_type`
  return new Map(rows.map(({ oid, name }) => [oid, name]))
}

async function statementFiles (): Promise<Map<string, string>> {
  const domains = (await readdir(folder, { withFileTypes: true })).filter(
    (entry) => entry.isDirectory() && !NO_DOMAINS.includes(entry.name)
  )
  const folders = [...domains.map(({ name }) => name), 'operations/invariants']
  const files = await Promise.all(folders.map(async (name) =>
    (await readdir(join(folder, name))).filter(
      (file) => file.endsWith('.sql') && !['triggers.sql', 'views.sql'].includes(file)
    ).map((file) => `${name}/${file.slice(0, -'.sql'.length)}`)))
  return new Map(await Promise.all(files.flat().sort().map(async (name) =>
    [name, await readFile(join(folder, `${name}.sql`), 'utf8')] as const)))
}

t.test('statements fit the schema, and their rows the schemas they are declared with', async (t) => {
  const shop = await openShop(t)
  const files = await statementFiles()
  const names = await typeNames(shop)
  const { declared } = shop.app.database
  t.strictSame([...new Set(declared.map(({ name }) => name))].sort(), [...files.keys()],
    'every file is declared by a domain')

  for (const { name, row } of declared) {
    const { columns } = await describe(shop, files.get(name)!)
    const properties = row.properties as Record<string, { type?: string | string[] }>
    t.strictSame(columns.map((column) => column.name).sort(), Object.keys(properties).sort(),
      `${name}: the columns of its row`)
    const misfits = columns.filter((column) => {
      const { type } = properties[column.name] ?? {}
      const wanted = [type ?? []].flat().filter((entry) => entry !== 'null')
      return wanted.length !== 1 || !FITTING[wanted[0]!]?.includes(names.get(column.type)!)
    })
    t.strictSame(
      misfits.map((column) => `${column.name} is ${names.get(column.type)}, not ${properties[column.name]?.type}`), [],
      `${name}: their types`
    )
  }
})

t.test('statements say what they do and what they take', async (t) => {
  const shop = await openShop(t)
  const names = await typeNames(shop)
  const known = (type: string) => type === 'timestamptz' ? 'timestamp with time zone' : type
  for (const [name, text] of await statementFiles()) {
    const comment = /^(?:--.*\n)+/.exec(text)?.[0].trimEnd().split('\n') ?? []
    t.match(comment[0], /^-- [A-Z].*\S$/, `${name}: begins with a sentence`)
    const sentence = comment.slice(0, [...comment, '-- $'].findIndex((line) => line.startsWith('-- $'))).join(' ')
    t.match(sentence, /[.:)]$/, 'which ends')
    const { types } = await describe(shop, text)
    const stated = comment.filter((line) => line.startsWith('-- $'))
      .map((line) => /^-- \$(\d+) (\w+) ([\w ]+(?:\[\])?)(?::|$)/.exec(line)?.slice(1) ?? [line])
    t.strictSame(stated.map(([number, , type]) => [number, type && known(type)]),
      types.map((type, index) => [String(index + 1), names.get(type)]),
      `${name}: one line for each parameter, with its type`)
  }
})

t.test('a statement that only passes on to a function has its name', async (t) => {
  const passing = [...await statementFiles()].flatMap(([name, text]) => {
    const [, called] = /^select (?:[^()]* from )?[a-z]+\.([a-z_]+)\(\$1[^()]*\)(?: [a-z_]+)*\s*$/s.exec(text.replaceAll(
      /^--.*\n/gm, ''
    )) ?? []
    return called === undefined ? [] : [{ name, called: called.replaceAll('_', '-') }]
  })
  t.ok(passing.length >= 20)
  t.strictSame(passing.filter(({ name, called }) => name.split('/')[1] !== called), [])
})

/** A database of this test's own with nothing in it. */
async function emptyDatabase (t: Test, serverUrl: string): Promise<string> {
  const name = `test_empty_${randomBytes(6).toString('hex')}`
  const admin = postgres(databaseUrl(serverUrl, 'postgres'), { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${name} template template0`)
  t.teardown(async () => {
    await admin.unsafe(`drop database if exists ${name} with (force)`)
    await admin.end({ timeout: 5 })
  })
  return databaseUrl(serverUrl, name)
}

const connect = (t: Test, url: string): Sql => {
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  t.teardown(async () => await sql.end({ timeout: 5 }))
  return sql
}

/** Everything in the schemas, with the transaction that wrote it last: what is made anew has another one. */
async function contents (sql: Sql, withTransactions: boolean): Promise<string[]> {
  const rows = await sql<{ thing: string, written: string }[]>`
    select 'table ' || oid::regclass as thing, xmin::text as written from pg_class
    where relnamespace::regnamespace::text in ('users', 'products', 'orders', 'gateway')
    union all select 'function ' || oid::regprocedure, xmin::text from pg_proc where pronamespace::regnamespace::text in
    ('users', 'products', 'orders', 'gateway')
    union all select 'trigger ' || tgname || ' on ' || tgrelid::regclass, xmin::text from pg_trigger
    where not tgisinternal
    union all select 'constraint ' || conname, xmin::text from pg_constraint where connamespace::regnamespace::text in
    ('users', 'products', 'orders', 'gateway')
    union all select 'definition ' || file || ' ' || checksum, xmin::text from gateway.definitions
    union all select 'version ' || version, xmin::text from public.schemaversion`
  return rows.map(({ thing, written }) => withTransactions ? `${thing} ${written}` : thing).sort()
}

t.test('migrating', async (t) => {
  const shop = await openShop(t)
  const before = await contents(shop.sql, true)
  t.ok(before.length > 100)
  await migrate(connect(t, shop.url))
  t.strictSame(await contents(shop.sql, true), before, 'a second time changes nothing')

  const url = await emptyDatabase(t, shop.url)
  const [one, two, three] = [connect(t, url), connect(t, url), connect(t, url)]
  const ended = await Promise.allSettled([migrate(one), migrate(two), migrate(three)])
  t.strictSame(ended.map(({ status }) => status), Array(3).fill('fulfilled'),
    'three at once on an empty database succeed')
  t.strictSame(await contents(one, false), await contents(shop.sql, false), 'and make what one makes')
  t.strictSame([...await one`select count(*)::int from users.users`.values()], [[0]])
})

t.test('the schema', async (t) => {
  const { sql } = await openShop(t)
  const slow = await sql<{ name: string }[]>`
    select c.conname as name from pg_constraint c
    where c.contype = 'f' and c.connamespace::regnamespace::text in ('users', 'products', 'orders', 'gateway')
      and not exists (
        select from pg_index i
        where i.indrelid = c.conrelid and i.indpred is null and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] @>
        c.conkey)
    order by 1`
  t.strictSame(slow.map(({ name }) => name), Object.keys(UNINDEXED).sort(),
    'every foreign key has an index on its columns, but for a few with reasons')

  const unnamed = await sql<{ name: string }[]>`
    select conrelid::regclass || '.' || conname as name from pg_constraint
    where connamespace::regnamespace::text in ('users', 'products', 'orders', 'gateway') and contype <> 'n'
    and (conname ~ '\\d$' or length(conname) > 60)`
  t.strictSame(unnamed.map(({ name }) => name), [], 'constraints have names of their own')
})
