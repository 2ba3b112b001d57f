import { Transform, type TransformCallback } from 'node:stream'
import { quoteCells, RecordSplitter, type RawRecord } from './records.ts'

/**
 * Stands in front of csv-parser and lets through, one after the other and whole, the records it can read: what it would stumble
 * over (an unclosed quote swallows its rest of the file, a blank line is a row without cells) never gets there.
 *
 * @param onRecord told of every record in turn, those with a fault included
 */
export function guard (onRecord: (record: RawRecord) => void): Transform {
  let passing: { buffer: Buffer, start: number, end: number }[] = []
  const splitter = new RecordSplitter((record) => {
    onRecord(record)
    if (record.fault !== undefined) return
    const last = passing.at(-1)
    if (record.hasStrayQuotes) {
      const quoted = quoteCells(record)
      passing.push({ buffer: quoted, start: 0, end: quoted.length })
    } else if (last !== undefined && last.buffer === record.buffer && last.end === record.start) {
      last.end = record.end
    } else {
      passing.push({ buffer: record.buffer, start: record.start, end: record.end })
    }
  })

  function advance (this: Transform, step: () => void, callback: TransformCallback): void {
    try {
      step()
    } catch (error) {
      return callback(error as Error)
    }
    for (const { buffer, start, end } of passing) this.push(buffer.subarray(start, end))
    passing = []
    callback()
  }

  return new Transform({
    transform (chunk, _encoding, callback) { advance.call(this, () => splitter.push(chunk), callback) },
    flush (callback) { advance.call(this, () => splitter.end(), callback) }
  })
}
