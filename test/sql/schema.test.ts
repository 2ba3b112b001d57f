import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { digestOf } from '../../database/migration/index.ts'
import { schemaText } from '../../scripts/schema-text.ts'
import { all } from '../checks.ts'
import { openShop } from '../helper.ts'

/** PostgreSQL writes definitions in its own words, which other versions choose otherwise. */
const WRITTEN_BY = 18

t.test('sql/version has the digest of what it numbers', async (t) => {
  const [number, digest] = (await readFile(join(import.meta.dirname, '../../sql/version'), 'utf8')).split('\n')
  t.match(number, /^\d+$/)
  t.equal(digest, await digestOf(), 'else run: npx node scripts/schema-version.ts')
})

t.test('sql/schema.sql is what the database has', async (t) => {
  const { sql } = await openShop(t)
  const [server] =
    await sql<{ version: number }[]>`select current_setting('server_version_num')::int / 10000 as version`
  const skip = server!.version !== WRITTEN_BY && `written by PostgreSQL ${WRITTEN_BY}; this is ${server!.version}`
  const kept = await readFile(join(import.meta.dirname, '../../sql/schema.sql'), 'utf8')
  t.equal(kept, await schemaText(sql), 'else run: node scripts/schema.ts', { skip })

  await sql`create table orders.added (id int)`
  t.not(await schemaText(sql), kept, 'what is not in it is noticed')
})

t.test('what each table is for stands with it', async (t) => {
  const { sql } = await openShop(t)
  const silent = await sql<{ name: string }[]>`
    select oid::regclass::text as name from pg_class
    where relkind in ('r', 'p') and relnamespace::regnamespace::text in ('users', 'products', 'orders', 'gateway')
    and obj_description(oid, 'pg_class') is null`
  t.strictSame(silent.map(({ name }) => name), [])
})

/** What an index may be for, besides a statement by its file and a constraint by its name. */
const OTHERS = /Callers of \/query|Release 1\.0/

t.test('each index that no constraint brings says what it is for, and that is there', async (t) => {
  const { sql } = await openShop(t)
  const indexes = await sql<{ name: string, purpose: string | null }[]>`
    select c.oid::regclass::text as name, obj_description(c.oid, 'pg_class') as purpose
    from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relnamespace::regnamespace::text in ('users', 'products', 'orders', 'gateway', 'legacy')
    and not exists (select from pg_constraint o where o.conindid = c.oid and o.contype in ('p', 'u', 'x'))`
  const constraints = new Set((await sql<{ name: string }[]>`
    select conname as name from pg_constraint where connamespace::regnamespace::text in ('users', 'products', 'orders',
    'gateway', 'legacy')`).map(({ name }) => name))
  all(t, indexes, ({ purpose }) => {
    const named = (names: RegExp) => purpose?.match(names) ?? []
    const [files, keys] = [named(/sql\/[a-z/-]+\.sql/g), named(/[a-z_]+_fkey/g)]
    return (files.length + keys.length > 0 || OTHERS.test(purpose ?? '')) &&
      files.every((file) => existsSync(join(import.meta.dirname, '../..', file))) &&
      keys.every((key) => constraints.has(key))
  }, 'a statement, a foreign key, or who else uses it')
})
