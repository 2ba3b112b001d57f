import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import Postgrator from 'postgrator'
import type { Sql } from 'postgres'

const root = join(import.meta.dirname, '../../../sql')

/** Any number will do, as long as every gateway takes the same one. */
const LOCK = 7000_0001

/**
 * Brings the schema up to date: the numbered migrations (sql/migrations), then every changed file of sql/views and sql/functions,
 * then who may do what (sql/functions/gateway/public-rights.sql).
 * Gateways that start at the same moment take turns, by an advisory lock of the session; the later ones find nothing to do.
 *
 * @param sql a client of a single connection (`max: 1`): the lock belongs to its session
 * @param whileLocked work that must not run twice at once either, such as the first load of data
 */
export async function migrate (sql: Sql, whileLocked: () => Promise<void> = async () => {}): Promise<void> {
  await sql`select pg_advisory_lock(${LOCK})`
  try {
    // A newer gateway has been here (a rolling update that restarts an older one): its functions must not be put back.
    if (!await isNewer(sql)) {
      await runMigrations(sql)
      await refreshDefinitions(sql)
    }
    await sql`select gateway.renew_rights()`
    await whileLocked()
  } finally {
    await sql`select pg_advisory_unlock(${LOCK})`
  }
}

/** The number of the newest migration this gateway knows. */
export async function latestMigration (): Promise<number> {
  const files = await readdir(join(root, 'migrations'))
  return Math.max(...files.map((file) => Number.parseInt(file, 10)).filter(Number.isInteger))
}

/** Whether the schema is newer than this gateway. */
async function isNewer (sql: Sql): Promise<boolean> {
  const [table] = await sql`select from pg_tables where schemaname = 'public' and tablename = 'schemaversion'`
  if (!table) return false
  const [row] = await sql<{ version: number | null }[]>`select max(version)::int as version from public.schemaversion`
  return (row?.version ?? 0) > await latestMigration()
}

function postgratorFor (sql: Sql): Postgrator {
  return new Postgrator({
    driver: 'pg',
    migrationPattern: join(root, 'migrations/*.sql'),
    schemaTable: 'public.schemaversion',
    newline: 'LF',
    execQuery: async (query) => ({ rows: await sql.unsafe(query) }),
    // Several statements in one simple query are one transaction: a migration that fails leaves nothing behind.
    execSqlScript: async (script) => { await sql.unsafe(script).simple() }
  })
}

async function runMigrations (sql: Sql): Promise<void> {
  const postgrator = postgratorFor(sql)
  try {
    await postgrator.migrate()
  } catch (error) {
    throw new Error(`The database could not be migrated: ${(error as Error).message}`, { cause: error })
  }
}

async function refreshDefinitions (sql: Sql): Promise<void> {
  const files = [...await sqlFiles('views'), ...await sqlFiles('functions')]
  const rows = await sql<{ file: string, checksum: string }[]>`select file, checksum from gateway.definitions`
  const known = new Map(rows.map((row) => [row.file, row.checksum]))
  const changed: string[] = []
  for (const file of files) {
    const text = await readFile(join(root, file), 'utf8')
    const checksum = createHash('sha256').update(text).digest('hex')
    if (known.get(file) === checksum) continue
    changed.push(`${text}
      insert into gateway.definitions (file, checksum) values ('${file}', '${checksum}')
      on conflict (file) do update set checksum = excluded.checksum;`)
  }
  if (changed.length === 0) return
  // Functions may call each other in any order: their bodies are checked when they first run, and by the tests.
  await sql.unsafe(`set check_function_bodies = off; ${changed.join('\n')} reset check_function_bodies;`).simple()
}

async function sqlFiles (folder: string): Promise<string[]> {
  const files = await readdir(join(root, folder), { recursive: true })
  return files.filter((file) => file.endsWith('.sql')).sort().map((file) => `${folder}/${file}`)
}
