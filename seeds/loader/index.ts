import type { Sql } from 'postgres'
import { FileLoad } from './file-load.ts'
import { findFiles, type Kind, type UnreadFile } from './files.ts'
import { run } from './run.ts'
import { settle } from './steps.ts'
import { inTransaction } from './transaction.ts'

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

/** `bytes` of the `total` of all files have been read; then everything is checked and written. */
export interface Progress { file: string, bytes: number, total: number, phase: 'read' | 'check' }

/** What became of a file's rows: new, in place of an earlier one with the same key, or not valid. The three make up all its rows. */
export interface FileReport {
  file: string
  loaded: number
  replaced: number
  rejected: number
  /** Columns that nobody reads. */
  unreadColumns: string[]
  /** Why the whole file was refused, which counts as one rejected row. */
  refused?: string
  /** Where the rejects are. */
  rejects?: string
}

export interface LoadReport {
  files: FileReport[]
  /** What else lies in the folder. */
  unread: UnreadFile[]
  loaded: number
  replaced: number
  rejected: number
  nothingLoaded: boolean
  seconds: number
}

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
  const reports = await inTransaction(sql, options.dryRun === true ? 'rollback' : 'commit', async () => {
    // Once more: another gateway may have been loading until now.
    const { isEmpty, units } = await findUnits()
    const wanted = units.filter((kinds) => kinds.some((kind) => found[kind].length > 0))
    if (wanted.length === 0) return []
    const load = new FileLoad(sql, options, wanted.flat().flatMap((kind) => found[kind]))
    for (const kinds of wanted) {
      for (const kind of kinds) await load.read(kind, found[kind])
      await settle(sql, kinds, isEmpty[kinds[0]])
    }
    // Sequences do not roll back.
    if (!options.dryRun) await run(sql, 'move-sequences')
    await run(sql, 'analyze')
    const reports: FileReport[] = []
    for (const kind of wanted.flat()) reports.push(...await load.report(kind, found[kind]))
    return reports
  })
  return summarize(reports, unread, started)
}

function summarize (files: FileReport[], unread: UnreadFile[], started: number): LoadReport {
  const sum = (count: 'loaded' | 'replaced' | 'rejected') => files.reduce((total, file) => total + file[count], 0)
  const [loaded, replaced, rejected] = [sum('loaded'), sum('replaced'), sum('rejected')]
  const seconds = (performance.now() - started) / 1000
  return { files, unread, loaded, replaced, rejected, nothingLoaded: loaded + replaced === 0, seconds }
}
