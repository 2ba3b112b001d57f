import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sql } from 'postgres'

const folder = join(import.meta.dirname, '../sql/scripts')

/** Something that is in the database, as the queries of sql/scripts/list-*.sql write it. */
interface Entry { schema: string, name: string, table: string, source: string, text: string }

const HEAD =
  `-- The database after all migrations, to be read: nothing runs this. Written by \`node scripts/schema.ts\`.
-- Tables come with their constraints, indexes and triggers, types with their fields; views with their columns, ` +
  `functions with their signatures, and the files they are in.
`

const heading = (text: string) => `-- ${'-'.repeat(10)} ${text} ${'-'.repeat(10)}`

/**
 * What sql/schema.sql says: the shop's schemas, in an order that depends on names alone.
 *
 * @param sql a client of a migrated database
 */
export async function schemaText (sql: Sql): Promise<string> {
  const list = async (name: string) => await sql.unsafe<Entry[]>(await readFile(join(folder, `list-${name}.sql`),
    'utf8'))
  const tables = await list('tables')
  const indexes = await list('indexes')
  const triggers = await list('triggers')
  const views = await list('views')
  const functions = await list('functions')
  const types = await list('types')
  const blocks = [HEAD]
  for (const schema of [...new Set([...tables, ...views, ...functions].map((entry) => entry.schema))].sort()) {
    const isHere = (entry: Entry) => entry.schema === schema
    blocks.push(heading(`Schema ${schema}`))
    for (const table of tables.filter(isHere)) {
      const ofTable = (entry: Entry) => isHere(entry) && entry.table === table.name
      blocks.push(
        `${[table.text, ...indexes.filter(ofTable).map(({ text }) => text), ...bySource(triggers.filter(ofTable))].join(
          '\n'
        )}\n`
      )
    }
    for (const { text } of types.filter(isHere)) blocks.push(`${text}\n`)
    for (const entry of views.filter(isHere)) blocks.push(`${entry.source}\n${entry.text}\n`)
    blocks.push(`${bySource(functions.filter(isHere)).join('\n')}\n`)
  }
  return `${blocks.join('\n').trimEnd()}\n`
}

/** The texts of entries, each file named once, above the first of it. */
function bySource (entries: Entry[]): string[] {
  return entries.map(({ source, text }, at) => source === entries[at - 1]?.source ? text : `${source}\n${text}`)
}
