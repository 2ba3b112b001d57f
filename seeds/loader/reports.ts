import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Sql } from 'postgres'
import { shorten } from '../../common/text.ts'
import { readRecords } from './csv.ts'
import { runInBatches } from './database.ts'
import { belongsTo, openFile, reportName, type CsvFile, type Kind, type UnreadFile } from './files.ts'
import type { Named, Staged } from './staging.ts'

/** Characters of a row that are repeated in a report: a broken file may have a row of any length. */
const MAX_ROW = 64 * 1024

/**
 * What became of a file's rows: new, in place of an earlier one with the same key, or not fit. The three make up all
 * its rows.
 */
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

export interface Reject { line: number, reason: string }

/** Removes the reports of earlier loads of this kind of rows. */
export async function removeReports (dir: string, kind: Kind): Promise<void> {
  const names = await readdir(dir).catch(() => [])
  await Promise.all(names.filter((name) => belongsTo(kind, name))
    .map(async (name) => await rm(join(dir, name), { force: true })))
}

/** Says what becomes of the rows of a kind's files, once they are checked. */
export async function count<File extends Named> (
  sql: Sql, kind: Kind, staged: Map<File, Staged>
): Promise<[File, FileReport][]> {
  const loaded = await countByFile(sql,
    `select file, count(*)::integer as rows from chosen_${kind} where not known group by file`)
  const rejected = await countByFile(sql, 'select file, count(*)::integer as rows from loader_rejects group by file')
  return Array.from(staged, ([file, { rows, unreadColumns, refused }]) => {
    const counts = { loaded: loaded.get(file.number) ?? 0, rejected: rejected.get(file.number) ?? 0 }
    const replaced = rows - counts.loaded - counts.rejected
    return [file, { file: file.name, ...counts, replaced, unreadColumns, ...refused !== undefined && { refused } }]
  })
}

/** As `count`, and writes the reject reports. */
export async function report (
  sql: Sql, kind: Kind, staged: Map<CsvFile, Staged>, rejectsDir: string
): Promise<FileReport[]> {
  const reports: FileReport[] = []
  for (const [file, report] of await count(sql, kind, staged)) {
    if (report.rejected > 0) report.rejects = await writeReport(sql, file, rejectsDir)
    reports.push(report)
  }
  return reports
}

/** What a person should know of a load beside its counts, a line each: what was refused, and what nobody has read. */
export function remarks ({ files, unread }: LoadReport): string[] {
  return [
    ...files.filter(({ refused }) => refused !== undefined).map(
      ({ file, refused }) => `${file} is refused: ${refused}`
    ),
    ...files.filter(({ unreadColumns }) => unreadColumns.length > 0).map(({ file, unreadColumns }) =>
      `${file} has columns that nobody reads: ${unreadColumns.join(', ')}`),
    ...unread.filter(({ why }) => why !== undefined).map(({ file, why }) => `${file} is not read: ${why}`),
    ...unread.some(({ why }) => why === undefined)
      ? [`not read: ${unread.filter(({ why }) => why === undefined).map(({ file }) => file).join(', ')}`]
      : []
  ]
}

async function countByFile (sql: Sql, statement: string): Promise<Map<number, number>> {
  const counts = await sql.unsafe<{ file: number, rows: number }[]>(statement)
  return new Map(counts.map(({ file, rows }) => [file, rows]))
}

/**
 * Writes the reject report of a file: line, reason and the row as it stands there. The rows are read from the file once
 * more, which costs nothing where there are no rejects and no memory where everything is one.
 *
 * @returns the path of the report
 */
async function writeReport (sql: Sql, file: CsvFile, dir: string): Promise<string> {
  // Rows of users have passwords in them.
  await mkdir(dir, { recursive: true, mode: 0o700 })
  const path = join(dir, reportName(file))
  await pipeline(Readable.from(reportLines(sql, file)), createWriteStream(path, { mode: 0o600 }))
  return path
}

async function * reportLines (sql: Sql, file: CsvFile): AsyncGenerator<string> {
  yield 'line,reason,row\n'
  const rows = readRows(file)
  let row = await rows.next()
  for await (const rejects of runInBatches<Reject>(sql, 'list-rejects', [file.number, null])) {
    let text = ''
    for (const { line, reason } of rejects) {
      while (!row.done && row.value.line < line) row = await rows.next()
      const raw = !row.done && row.value.line === line
        ? row.value.buffer.toString('utf8', row.value.start, row.value.end)
        : ''
      text += `${line},${quote(reason)},${quote(raw)}\n`
    }
    yield text
  }
  await rows.return(undefined)
}

async function * readRows (file: CsvFile) {
  try {
    for await (const records of readRecords(openFile(file))) yield * records
  } catch {
    // A file that cannot be read is reported without its rows.
  }
}

function quote (value: string): string {
  const row = shorten(value.replace(/\r?\n$/, ''), MAX_ROW)
  return `"${row.replaceAll('"', '""')}"`
}
