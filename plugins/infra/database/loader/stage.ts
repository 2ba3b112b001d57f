import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import csv from 'csv-parser'
import type { CsvFile, Kind } from './files.ts'
import { guard } from './guard.ts'
import { FileFault, StagingSink } from './staging-sink.ts'
import type { StagingTable } from './staging-table.ts'

/** Bytes read at once. */
const CHUNK = 256 * 1024

/**
 * Copies a file into its staging table; one that cannot be loaded as a whole counts as one faulty row.
 *
 * @param derive the values of the kind's derived columns, from that of its first column
 * @param onBytes told of bytes as they are read
 * @returns the number of rows
 * @throws Error where reading or copying breaks off halfway
 */
export async function stage (
  table: StagingTable, kind: Kind, file: CsvFile, derive: (id: string) => string[], onBytes: (bytes: number) => void
): Promise<number> {
  const sink = new StagingSink(table, kind, file, derive)
  const source = createReadStream(file.path, { highWaterMark: CHUNK })
  source.on('data', (chunk) => onBytes(chunk.length))
  const records = guard(({ line, fault }) => fault === undefined ? sink.expect(line) : sink.reject(line, fault))
  try {
    await pipeline(source, records, csv({ headers: false }), sink.writable)
    return sink.rows
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    // Before the header, nothing of the file has been copied yet.
    const isUnreadable = !sink.hasHeader && code !== undefined
    if (!isUnreadable && !(error instanceof FileFault)) throw Object.assign(new Error(`${file.name}: ${message}`), { code })
    const fault = table.faultLine(file, 1, isUnreadable ? `the file cannot be read: ${message}` : message)
    await new Promise<void>((resolve, reject) => table.write(fault, (error) => error ? reject(error) : resolve()))
    return 1
  }
}
