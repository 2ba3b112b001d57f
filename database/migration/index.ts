import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { CONNECTION_FAULTS } from '../failures.ts'
import { refreshDefinitions } from './definitions.ts'
import { definitionFiles, migrationFiles } from './files.ts'
import { Transaction } from './transaction.ts'

const root = join(import.meta.dirname, '../../sql')

const read = (name: string) => readFileSync(join(root, `migrating/${name}.sql`), 'utf8')
const BEGIN = read('begin')
const HAS_VERSION = read('has-version')
const VERSION = read('version')
const MIGRATIONS = read('list-migrations')
const RENEW_RIGHTS = read('renew-rights')
const texts = {
  objects: read('list-objects'),
  recorded: read('list-recorded'),
  definitions: read('list-definitions'),
  dependents: read('find-dependents'),
  record: read('record')
}

/**
 * How long to try again where others keep tables locked. Each try waits 2 s (sql/migrating/begin.sql), requests behind
 * it as long.
 */
const PATIENCE_MS = 60_000
const PAUSE_MS = 500

/** lock_not_available, deadlock_detected */
const IS_CROWDED = /^(55P03|40P01)$/

/**
 * Brings the schema up to date: the numbered migrations (sql/migrations), then every changed file of views, functions
 * and triggers (files.ts), then who may do what. All in one transaction, under a lock of it: gateways that start at the
 * same moment take turns, and the later ones find nothing to do. A gateway whose sql/version is smaller than the
 * database's changes nothing.
 *
 * @param sql a client of a single connection (`max: 1`)
 * @param folder sql/, or in a test another release's
 */
export async function migrate (sql: Sql, folder = root): Promise<void> {
  const version = await schemaVersion(folder)
  const deadline = performance.now() + PATIENCE_MS
  for (;;) {
    try {
      await Transaction.run(sql, BEGIN, async (transaction) => await bringUpTo(transaction, folder, version))
      return
    } catch (error) {
      const { code, message } = error as { code?: string, message: string }
      // Nothing was tried yet, or the server is gone: that is no fault of the schema.
      if (CONNECTION_FAULTS.test(code ?? '')) throw error
      if (!IS_CROWDED.test(code ?? '') || performance.now() > deadline) {
        throw Object.assign(new Error(`The database could not be migrated: ${message}`, { cause: error }), { code })
      }
    }
    await sleep(PAUSE_MS * (1 + Math.random()))
  }
}

/** The number in sql/version. */
export async function schemaVersion (folder = root): Promise<number> {
  return Number.parseInt(await readFile(join(folder, 'version'), 'utf8'), 10)
}

/** What sql/version says about the files whose contents it numbers. */
export async function digestOf (folder = root): Promise<string> {
  const hash = createHash('sha256')
  for (const file of [...await migrationFiles(folder), ...await definitionFiles(folder)]) {
    hash.update(`${file}\0`).update(await readFile(join(folder, file))).update('\0')
  }
  return hash.digest('hex')
}

async function bringUpTo (transaction: Transaction, folder: string, version: number): Promise<void> {
  const [known] = await transaction.script<{ has_version: boolean }>(HAS_VERSION)
  const [row] = known!.has_version ? await transaction.script<{ version: number }>(VERSION) : [{ version: 0 }]
  if (row!.version > version) return
  if (!known!.has_version || !await isMigrated(transaction, folder)) await runMigrations(transaction, folder)
  await refreshDefinitions(transaction, texts, folder, version, row!.version)
  await transaction.script(RENEW_RIGHTS)
}

/**
 * Whether these very migrations have run: nearly always they have, and postgrator, which is not loaded then, would ask
 * after each of them in turn.
 */
async function isMigrated (transaction: Transaction, folder: string): Promise<boolean> {
  const recorded = await transaction.script<{ md5: string }>(MIGRATIONS)
  const sums = await Promise.all((await migrationFiles(folder)).map(async (file) =>
    createHash('md5').update(await readFile(join(folder, file), 'utf8')).digest('hex')))
  return recorded.map(({ md5 }) => md5).join() === sums.join()
}

async function runMigrations (transaction: Transaction, folder: string): Promise<void> {
  const { default: Postgrator } = await import('postgrator')
  const postgrator = new Postgrator({
    driver: 'pg',
    migrationPattern: join(folder, 'migrations/*.sql'),
    schemaTable: 'public.schemaversion',
    newline: 'LF',
    execQuery: async (query) => ({ rows: await transaction.script(query) }),
    execSqlScript: async (script) => { await transaction.script(script) }
  })
  let file = ''
  postgrator.on('migration-started', ({ filename }) => { file = filename.slice(folder.length) })
  try {
    await postgrator.migrate()
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    throw Object.assign(new Error(`${file && `sql${file}: `}${message}`, { cause: error }), { code })
  }
}
