import type { Sql } from 'postgres'
import { v5 } from 'uuid'
import { inTransaction, run } from './database.ts'
import { findFiles, openFile, type CsvFile, type Kind, type UnreadFile } from './files.ts'
import { Meter, type Progress } from './progress.ts'
import { removeReports, report, type FileReport, type LoadReport } from './reports.ts'
import { StagingTable, type Staged } from './staging.ts'
import { check, write } from './steps.ts'

export interface LoadOptions {
  /** The folder with the CSV files. */
  dir: string
  /** Where the reject reports go: `<rejectsDir>/<file>.csv` with line, reason, row. */
  rejectsDir: string
  /** Namespace of the uuid5 that is a loaded user's public id. */
  userUuidNamespace: string
  /** Load each table only where it is empty; otherwise rows of the files replace those in the database. */
  onlyEmpty?: boolean
  /** Roll back in the end: only the report stays, and the reject files. */
  dryRun?: boolean
  onProgress?: (progress: Progress) => void
}

/** How often the progress is told where nothing else tells it. */
const REPEATED_EVERY_MS = 5000

/** Orders, items and history belong together: an order is written once, with totals and status. */
const UNITS: [Kind, ...Kind[]][] = [
  ['departments'], ['aisles'], ['products'], ['enriched'], ['inventory'], ['users'], ['orders', 'items', 'history']
]

/**
 * Loads a folder of CSV files in one transaction: every valid row is there afterwards, or nothing. What is not valid is
 * in the reject reports, with file, line and reason.
 *
 * @param sql a client of a single connection (`max: 1`), which the load has for itself
 * @throws Error where there is nothing to load, or the database or a disk fails on the way; then nothing has changed
 */
export async function loadFolder (sql: Sql, options: LoadOptions): Promise<LoadReport> {
  const started = performance.now()
  const findUnits = async () => {
    const [isEmpty] = await run<Record<Kind, boolean>>(sql, 'find-empty-tables')
    return { isEmpty: isEmpty!, units: UNITS.filter(([first]) => !options.onlyEmpty || isEmpty![first]) }
  }
  // A gateway that starts on a filled database needs no folder.
  if ((await findUnits()).units.length === 0) return summarize([], [], started)

  const { files: found, unread } = await findFiles(options.dir)
  const reports = await inTransaction(sql, 'take-turn', options.dryRun === true ? 'rollback' : 'commit', async () => {
    // Once more: another gateway may have been loading until now.
    const { isEmpty, units } = await findUnits()
    const wanted = units.filter((kinds) => kinds.some((kind) => found[kind].length > 0))
    if (wanted.length === 0) return []
    const filesOf = (kinds: Kind[]) => kinds.flatMap((kind) => found[kind])
    const meter = new Meter(wanted.map((kinds) => ({ kinds, files: filesOf(kinds) })), options.onProgress ?? (() => {}))
    const read = readerOf(sql, options, meter)
    const staged = new Map<Kind, Map<CsvFile, Staged>>()
    const clock = setInterval(() => meter.repeat(), REPEATED_EVERY_MS)
    try {
      for (const kinds of wanted) {
        for (const kind of kinds) staged.set(kind, await read(kind, found[kind]))
        meter.beginUnit(kinds, filesOf(kinds))
        await check(sql, kinds, (step) => meter.step(step))
        await write(sql, kinds, isEmpty[kinds[0]], (step) => meter.step(step))
        meter.endUnit()
      }
    } finally {
      clearInterval(clock)
    }
    // Sequences do not roll back.
    if (!options.dryRun) await run(sql, 'move-sequences')
    await run(sql, 'analyze')
    const reports: FileReport[] = []
    for (const [kind, files] of staged) reports.push(...await report(sql, kind, files, options.rejectsDir))
    return reports
  })
  return summarize(reports, unread, started)
}

/**
 * Returns what copies the files of a kind into its staging table, which is created even where there is no file. Reports
 * of earlier loads go at once: whatever becomes of this one, they do not tell of it.
 */
function readerOf (sql: Sql, { userUuidNamespace, rejectsDir }: LoadOptions, meter: Meter) {
  // As bytes, because the package takes no namespace whose version it does not know.
  const namespace = Buffer.from(userUuidNamespace.replaceAll('-', ''), 'hex')
  return async (kind: Kind, files: CsvFile[]): Promise<Map<CsvFile, Staged>> => {
    if (files.length > 0) await removeReports(rejectsDir, kind)
    const staged = new Map<CsvFile, Staged>()
    const table = new StagingTable(sql, kind, (id) => kind === 'users' ? [v5(id, namespace)] : [])
    await table.create()
    try {
      for (const file of files) {
        staged.set(file, await table.add(file, (onBytes) => openFile(file, onBytes),
          (bytes, rows) => meter.read(file, bytes, rows)))
      }
    } finally {
      await table.end()
    }
    if (files.length > 0) meter.endOfKind()
    return staged
  }
}

function summarize (files: FileReport[], unread: UnreadFile[], started: number): LoadReport {
  const sum = (count: 'loaded' | 'replaced' | 'rejected') => files.reduce((total, file) => total + file[count], 0)
  const [loaded, replaced, rejected] = [sum('loaded'), sum('replaced'), sum('rejected')]
  const seconds = (performance.now() - started) / 1000
  return { files, unread, loaded, replaced, rejected, nothingLoaded: loaded + replaced === 0, seconds }
}
