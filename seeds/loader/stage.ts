import { createReadStream } from 'node:fs'
import { pipeline as pipe, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import csv from 'csv-parser'
import type { CsvFile, Kind } from './files.ts'
import { FileFault } from './foreign.ts'
import { guard } from './guard.ts'
import { StagingSink } from './staging-sink.ts'
import type { StagingTable } from './staging-table.ts'

/** Bytes read at once. */
const CHUNK = 256 * 1024

/** What was found in a file: its rows (one where it is refused as a whole, and why), and the columns that nobody reads. */
export interface Staged { rows: number, unreadColumns: string[], refused?: string }

/** Reads a file, unpacked where it is a .csv.gz. */
export function openFile (file: CsvFile, onBytes?: (bytes: number) => void): Readable {
  const source = createReadStream(file.path, { highWaterMark: CHUNK })
  if (onBytes !== undefined) source.on('data', (chunk) => onBytes(chunk.length))
  // A fault of the source ends the other stream, too.
  return file.isPacked ? pipe(source, createGunzip({ chunkSize: CHUNK }), () => {}) : source
}

/**
 * Copies a file into its staging table; one that cannot be loaded as a whole counts as one faulty row.
 *
 * @param derive the values of the kind's derived columns, from that of its first column
 * @param onBytes told of bytes as they are read
 * @throws Error where reading or copying breaks off halfway
 */
export async function stage (
  table: StagingTable, kind: Kind, file: CsvFile, derive: (id: string) => string[], onBytes: (bytes: number) => void
): Promise<Staged> {
  const sink = new StagingSink(table, kind, file, derive)
  const records = guard((record) => record.fault === undefined ? sink.expect(record.line) : sink.reject(record, record.fault))
  try {
    await pipeline(openFile(file, onBytes), records, csv({ headers: false }), sink.writable)
    return { rows: sink.rows, unreadColumns: sink.unread }
  } catch (error) {
    const refused = whyRefused(error as NodeJS.ErrnoException, sink.hasHeader)
    const { code, message } = error as NodeJS.ErrnoException
    if (refused === undefined) throw Object.assign(new Error(`${file.name}: ${message}`), { code })
    table.refuse(file, refused)
    return { rows: 1, unreadColumns: [], refused }
  }
}

/** Why the file as a whole is at fault; undefined where the disk or the database is. */
function whyRefused (error: NodeJS.ErrnoException, hasHeader: boolean): string | undefined {
  if (error instanceof FileFault) return error.message
  if (error.code?.startsWith('Z_')) return `a damaged or cut off gzip file, or none at all: ${error.message}`
  // Before the header, nothing of the file has been copied yet.
  if (!hasHeader && error.code !== undefined) return `the file cannot be read: ${error.message}`
}
