import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { schemaText } from '../../scripts/schema-text.ts'
import { openShop } from '../helper.ts'

/** PostgreSQL writes definitions in its own words, which other versions choose otherwise. */
const WRITTEN_BY = 18

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
