import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { problem } from '../../common/problems.ts'
import { inTransaction, run } from './database.ts'
import type { Kind } from './files.ts'
import { count, type FileReport, type Reject } from './reports.ts'
import { StagingTable } from './staging.ts'
import { check, write } from './steps.ts'

export interface StreamOptions {
  kind: Extract<Kind, 'products' | 'enriched' | 'inventory'>
  /** The bytes of a CSV file, as they come. */
  chunks: AsyncIterable<Buffer>
  /** Who imports, and for which request (plugins/context.ts), as JSON. */
  context: string
  /** Roll back in the end: only the report stays. */
  dryRun: boolean
  /** Refuse all where a row is rejected. */
  isStrict: boolean
  /** Until when it may take, by `performance.now()`. */
  deadline: number
}

export interface StreamReport extends Pick<FileReport, 'loaded' | 'replaced' | 'rejected' | 'unreadColumns'> {
  /** The first ones, in the order of the file. */
  rejects: Reject[]
}

/** Who sends too slowly is found before the statement that reads it is too late. */
const MARGIN_MS = 1000

/** As many as a refusal lists faults (common/problems.ts). */
const MAX_REJECTS = 100

/** A migration or the load of a folder that begins while rows are still read. */
const TURN_MS = 10_000

/**
 * A wait for a row that somebody else holds. Meanwhile others wait for the rows that this import has locked, which
 * requests do for 1.5 s.
 */
const LOCK_MS = 500
const PATIENCE_MS = 60_000
const PAUSE_MS = 200

/** lock_not_available, deadlock_detected */
const IS_CROWDED = /^(55P03|40P01)$/

/** The only file of its kind. */
const FILE = { number: 1, name: 'the body' }

/**
 * Loads one CSV file of the catalogue as it comes in, in one transaction: every valid row is there afterwards, or
 * nothing. Nothing of the shop is locked while it is read and checked. Rows that change are locked from then to the
 * end: it gives them back and tries again where somebody else holds one.
 *
 * @param sql a client of a single connection (`max: 1`), which the load has for itself
 * @throws Error caused by a Problem: IMPORT_RUNNING, INVALID_INPUT for what is no CSV in UTF-8 or for rejects where it
 * is strict, TIMEOUT, ROW_LOCKED; or by the database
 */
export async function loadStream (sql: Sql, options: StreamOptions): Promise<StreamReport> {
  const { kind, deadline, dryRun } = options
  const limit = async (lockMs: number) => {
    const left = Math.ceil(deadline - performance.now())
    if (left <= 0) throw problem('TIMEOUT')
    await run(sql, 'limit-import', [String(left + MARGIN_MS), String(lockMs)])
  }
  const report = await inTransaction(sql, 'begin-import', dryRun ? 'rollback' : 'commit', async () => {
    const [turn] = await run<{ is_free: boolean }>(sql, 'try-turn')
    if (!turn!.is_free) throw problem('IMPORT_RUNNING')
    await run(sql, 'introduce', [options.context])
    await limit(TURN_MS)
    const staged = await stage(sql, options)
    await limit(TURN_MS)
    await run(sql, 'wait-turn').catch((error) => { throw isCrowded(error) ? problem('IMPORT_RUNNING') : error })

    const limitStep = async () => await limit(LOCK_MS)
    await check(sql, [kind], limitStep)
    const [[, counts]] = await count(sql, kind, new Map([[FILE, staged]])) as [[unknown, FileReport]]
    const found = await run<Reject & object>(sql, 'list-rejects', [FILE.number, MAX_REJECTS])
    const rejects = found.map(({ line, reason }) => ({ line, reason }))
    if (options.isStrict && rejects.length > 0) {
      throw problem('INVALID_INPUT', {},
        rejects.map(({ line, reason: message }) => ({ field: `line ${line}`, message })))
    }
    // Sequences do not roll back.
    if (kind === 'products' && !dryRun) await run(sql, 'reserve-ids')
    await writeWhenFree(sql, async () => await write(sql, [kind], false, limitStep, staged.missingColumns), deadline)
    return { ...counts, rejects }
  })
  // Autovacuum would do it later.
  if (!dryRun && report.loaded > 0) await run(sql, 'analyze-catalogue').catch(() => {})
  return report
}

async function stage (sql: Sql, { kind, chunks }: StreamOptions) {
  const table = new StagingTable(sql, kind, () => [])
  await table.create()
  try {
    const staged = await table.add(FILE, () => chunks)
    if (staged.refused !== undefined) {
      throw problem('INVALID_INPUT', {}, [{ field: 'body', message: staged.refused }])
    }
    return staged
  } finally {
    await table.end()
  }
}

/** Writes everything, or gives back what is locked and tries again. Rejects with ROW_LOCKED. */
async function writeWhenFree (sql: Sql, writeAll: () => Promise<void>, deadline: number): Promise<void> {
  const until = Math.min(deadline, performance.now() + PATIENCE_MS)
  for (;;) {
    await sql.unsafe('savepoint writing')
    try {
      return await writeAll()
    } catch (error) {
      if (!isCrowded(error)) throw error
      await sql.unsafe('rollback to savepoint writing')
      if (performance.now() > until) throw problem('ROW_LOCKED')
    }
    await sleep(PAUSE_MS)
  }
}

const isCrowded = (error: unknown) => IS_CROWDED.test((error as { code?: string }).code ?? '')
