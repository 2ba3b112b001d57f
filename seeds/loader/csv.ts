import { isAscii, isUtf8 } from 'node:buffer'

/** Why a file cannot be loaded at all. */
export class FileFault extends Error {}

/**
 * How files begin that are no UTF-8 text: byte order marks and what NUL bytes in the first letters tell (longest
 * first), archives.
 */
const STARTS: [bytes: number[], what: string][] = [
  [[0xff, 0xfe, 0, 0], 'encoded in UTF-32: save it as UTF-8'],
  [[0, 0, 0xfe, 0xff], 'encoded in UTF-32: save it as UTF-8'],
  [[0xff, 0xfe], 'encoded in UTF-16: save it as UTF-8'],
  [[0xfe, 0xff], 'encoded in UTF-16: save it as UTF-8'],
  [[0x1f, 0x8b], 'compressed with gzip: say so, by a name that ends in .csv.gz or by Content-Encoding: gzip'],
  [[0x50, 0x4b, 0x03, 0x04], 'a ZIP archive or an Excel workbook: save it as CSV, or compress it with gzip']
]

export const LATIN_1 = 'encoded in Latin-1 or Windows-1252, as it seems: save it as UTF-8'

/** Bytes a record may have. The longest of the original shop has 1,200. */
const MAX_RECORD = 1024 * 1024

const QUOTE = 0x22
const COMMA = 0x2c
const CR = 0x0d
const LF = 0x0a
const BOM = Buffer.from([0xef, 0xbb, 0xbf])
/** The longest start of a file that tells what it is. */
const START = 4

export const NOT_UTF8 = 'not UTF-8'
const NUL = 'a NUL byte, which the database cannot store'
const NOT_CLOSED = 'a quoted cell is not closed properly'

/** A record: its bytes from `start` to `end` (with the line end), and the physical line it starts on. */
export interface CsvRecord {
  line: number
  buffer: Buffer
  start: number
  end: number
  /** Some of its cells may stand in quotes. */
  isQuoted: boolean
  /** Why it cannot be a row. */
  fault: string | undefined
}

/**
 * Reads a CSV file (RFC 4180), a chunk's records at a time. An unclosed quote ends with the line it stands on, not with
 * the file; a quote inside an unquoted cell (`6" pan`) means itself. Blank lines and a byte order mark are left out.
 *
 * @throws FileFault where it is no CSV file in UTF-8: its first bytes say so, or every letter beyond ASCII is of
 * another encoding
 */
export async function * readRecords (chunks: AsyncIterable<Buffer>): AsyncGenerator<CsvRecord[]> {
  const splitter = new Splitter()
  for await (const chunk of chunks) yield splitter.push(chunk)
  yield splitter.end()
}

/** The cells of a record without a fault. */
export function cellsOf ({ buffer, start, end: next, isQuoted }: CsvRecord): string[] {
  const text = buffer.toString('utf8', start, next - (buffer[next - 2] === CR ? 2 : 1))
  if (!isQuoted) return text.split(',')
  const cells: string[] = []
  for (let at = 0; ; at++) {
    let end
    if (text[at] === '"') {
      end = text.indexOf('"', at + 1)
      while (text[end + 1] === '"') end = text.indexOf('"', end + 2)
      cells.push(text.slice(at + 1, end).replaceAll('""', '"'))
      end++
    } else {
      end = text.indexOf(',', at)
      if (end < 0) end = text.length
      cells.push(text.slice(at, end))
    }
    if (end === text.length) return cells
    at = end
  }
}

interface Scan { end: number, newlines: number, fault?: string, isQuoted?: boolean }

/** Cuts the bytes of a CSV file into records. */
class Splitter {
  /** Records that are not UTF-8, and whether anything was beyond ASCII. */
  #notUtf8 = 0
  #hasUtf8 = false
  #records: CsvRecord[] = []
  #pending: Buffer = Buffer.alloc(0)
  #line = 1
  #isFirst = true
  #isSkipping = false

  /** Takes the next bytes of the file; returns the records completed by them. */
  push (chunk: Buffer): CsvRecord[] {
    const buffer = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk
    this.#pending = this.#isFirst && buffer.length < START ? buffer : this.#split(buffer, false)
    return this.#handOver()
  }

  /** The file has ended; returns its last record. */
  end (): CsvRecord[] {
    const rest = this.#pending
    if (rest.length > 0) this.#split(rest.at(-1) === LF ? rest : Buffer.concat([rest, Buffer.from('\n')]), true)
    // A single such row is only a faulty one.
    if (this.#notUtf8 > 1 && !this.#hasUtf8) throw new FileFault(LATIN_1)
    return this.#handOver()
  }

  #handOver (): CsvRecord[] {
    const records = this.#records
    this.#records = []
    return records
  }

  /** Returns what belongs to a record that is not complete yet. */
  #split (buffer: Buffer, isEnd: boolean): Buffer {
    let start = 0
    if (this.#isFirst) {
      checkStart(buffer)
      if (buffer.subarray(0, BOM.length).equals(BOM)) start = BOM.length
      this.#isFirst = false
    }
    // Looked for in the whole buffer first, which costs next to nothing; record by record only where something is
    // found.
    const isSuspicious = !isUtf8(buffer) || buffer.includes(0)
    if (!isSuspicious && !isAscii(buffer.subarray(start))) this.#hasUtf8 = true
    let nextQuote = -1

    while (start < buffer.length) {
      const newline = buffer.indexOf(LF, start)
      if (this.#isSkipping) {
        if (newline < 0) return Buffer.alloc(0)
        this.#isSkipping = false
        this.#line++
        start = newline + 1
        continue
      }
      const isTooLong = (newline < 0 ? buffer.length : newline) - start > MAX_RECORD
      if (newline < 0 && !isTooLong) return buffer.subarray(start)
      if (nextQuote < start) nextQuote = indexOrEnd(buffer, QUOTE, start)
      const scan = isTooLong
        ? { end: start, newlines: 0, fault: 'the line is longer than 1 MiB' }
        : newline < nextQuote ? { end: newline + 1, newlines: 1 } : scanQuoted(buffer, start)
      if (scan === undefined && !isEnd && buffer.length - start <= MAX_RECORD) return buffer.subarray(start)

      if (scan === undefined || scan.fault !== undefined) {
        const end = newline < 0 ? buffer.length : newline + 1
        this.#records.push({ line: this.#line, buffer, start, end, isQuoted: false, fault: scan?.fault ?? NOT_CLOSED })
        if (newline < 0) this.#isSkipping = true
        else this.#line++
        start = end
      } else {
        this.#tell(buffer, start, scan, isSuspicious)
        start = scan.end
      }
    }
    return Buffer.alloc(0)
  }

  #tell (buffer: Buffer, start: number, { end, newlines, isQuoted = false }: Scan, isSuspicious: boolean): void {
    const line = this.#line
    this.#line += newlines
    const isBlank = end - start === 1 || (end - start === 2 && buffer[start] === CR)
    if (isBlank) return
    const fault = isSuspicious ? this.#findFault(buffer.subarray(start, end)) : undefined
    this.#records.push({ line, buffer, start, end, isQuoted, fault })
  }

  #findFault (bytes: Buffer): string | undefined {
    if (!isUtf8(bytes)) {
      this.#notUtf8++
      return bytes.includes(0) ? NUL : NOT_UTF8
    }
    if (!isAscii(bytes)) this.#hasUtf8 = true
    return bytes.includes(0) ? NUL : undefined
  }
}

function indexOrEnd (buffer: Buffer, byte: number, from: number): number {
  const index = buffer.indexOf(byte, from)
  return index < 0 ? buffer.length : index
}

/** Walks over a record that has quotes in it. Undefined: the record is not complete. */
function scanQuoted (buffer: Buffer, start: number): Scan | undefined {
  let newlines = 0
  let i = start
  for (;;) {
    if (buffer[i] === QUOTE) {
      for (i++; buffer[i] !== QUOTE || buffer[++i] === QUOTE; i++) {
        if (i >= buffer.length) return undefined
        if (buffer[i] === LF) newlines++
      }
      if (i >= buffer.length || (buffer[i] === CR && i + 1 === buffer.length)) return undefined
      const isEndOfCell = buffer[i] === COMMA || buffer[i] === LF || (buffer[i] === CR && buffer[i + 1] === LF)
      if (!isEndOfCell) return { end: i, newlines, fault: NOT_CLOSED }
      if (buffer[i] === CR) i++
    } else {
      while (i < buffer.length && buffer[i] !== COMMA && buffer[i] !== LF) i++
      if (i >= buffer.length) return undefined
    }
    if (buffer[i++] === LF) return { end: i, newlines: newlines + 1, isQuoted: true }
  }
}

/**
 * Looks at the first bytes of a file.
 *
 * @throws FileFault naming what it is instead of CSV in UTF-8
 */
function checkStart (bytes: Buffer): void {
  const known = STARTS.find(([start]) => start.every((byte, at) => bytes[at] === byte))
  if (known !== undefined) throw new FileFault(known[1])
  // Without a byte order mark every other byte of an ASCII letter is 0.
  if (bytes.length > 2 && (bytes[0] === 0) !== (bytes[1] === 0)) {
    throw new FileFault('encoded in UTF-16: save it as UTF-8')
  }
}
