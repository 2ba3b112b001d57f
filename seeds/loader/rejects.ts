import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Sql } from 'postgres'
import { shorten } from '../../text.ts'
import { belongsTo, reportName, type CsvFile, type Kind } from './files.ts'
import { RecordSplitter } from './records.ts'
import { runInBatches } from './run.ts'
import { openFile } from './stage.ts'

/** Characters of a row that are repeated in a report: a broken file may have a row of any length. */
const MAX_ROW = 64 * 1024

interface Reject { line: number, reason: string }

/** Removes the reports of earlier loads of this kind of rows. */
export async function removeReports (dir: string, kind: Kind): Promise<void> {
  const names = await readdir(dir).catch(() => [])
  await Promise.all(names.filter((name) => belongsTo(kind, name)).map(async (name) => await rm(join(dir, name), { force: true })))
}

/**
 * Writes the reject report of a file: line, reason and the row as it stands there. The rows are read from the file once more,
 * which costs nothing where there are no rejects and no memory where everything is one.
 *
 * @returns the path of the report
 */
export async function writeReport (sql: Sql, file: CsvFile, dir: string): Promise<string> {
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
  for await (const rejects of runInBatches<Reject>(sql, 'list-rejects', [file.number])) {
    let text = ''
    for (const { line, reason } of rejects) {
      while (!row.done && row.value.line < line) row = await rows.next()
      const raw = !row.done && row.value.line === line ? row.value.buffer.toString('utf8', row.value.start, row.value.end) : ''
      text += `${line},${quote(reason)},${quote(raw)}\n`
    }
    yield text
  }
  await rows.return(undefined)
}

async function * readRows (file: CsvFile) {
  let records: { line: number, buffer: Buffer, start: number, end: number }[] = []
  const splitter = new RecordSplitter((record) => records.push(record))
  try {
    for await (const chunk of openFile(file)) {
      splitter.push(chunk)
      yield * records
      records = []
    }
    splitter.end()
    yield * records
  } catch {
    // A file that cannot be read is reported without its rows.
  }
}

function quote (value: string): string {
  const row = shorten(value.replace(/\r?\n$/, ''), MAX_ROW)
  return `"${row.replaceAll('"', '""')}"`
}
