import { isAscii, isUtf8 } from 'node:buffer'
import { checkStart, FileFault, LATIN_1 } from './foreign.ts'

/** Bytes a record may have. The longest of the original shop has 1,200. */
export const MAX_RECORD = 1024 * 1024

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

/** The bytes from `start` to `end` (with the line end) that make a record, and the physical line it starts on. */
export interface RawRecord {
  line: number
  buffer: Buffer
  start: number
  end: number
  /** Why it cannot be a row. */
  fault?: string
  /** Quotes stand inside unquoted cells (`6" pan`), where they mean themselves. */
  hasStrayQuotes?: boolean
}

interface Scan { end: number, newlines: number, fault?: string, hasStrayQuotes?: boolean }

/**
 * Cuts the bytes of a CSV file into records (RFC 4180), and finds those that would make a parser lose its way: an unclosed
 * quote ends with the line it stands on, not with the file. Blank lines and a byte order mark are left out.
 */
export class RecordSplitter {
  /** Records that are not UTF-8, and whether anything was beyond ASCII. */
  #notUtf8 = 0
  #hasUtf8 = false
  readonly #onRecord: (record: RawRecord) => void
  #pending: Buffer = Buffer.alloc(0)
  #line = 1
  #isFirst = true
  #isSkipping = false

  constructor (onRecord: (record: RawRecord) => void) {
    this.#onRecord = onRecord
  }

  /**
   * Takes the next bytes of the file and tells of every record completed by them.
   *
   * @throws FileFault where the first ones show that it is no CSV file in UTF-8
   */
  push (chunk: Buffer): void {
    const buffer = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk
    if (this.#isFirst && buffer.length < START) {
      this.#pending = buffer
      return
    }
    this.#pending = this.#split(buffer, false)
  }

  /**
   * The file has ended.
   *
   * @throws FileFault where every letter beyond ASCII was that of another encoding; a single such row is only a faulty one
   */
  end (): void {
    const rest = this.#pending
    if (rest.length > 0) this.#split(rest.at(-1) === LF ? rest : Buffer.concat([rest, Buffer.from('\n')]), true)
    if (this.#notUtf8 > 1 && !this.#hasUtf8) throw new FileFault(LATIN_1)
  }

  /** Returns what belongs to a record that is not complete yet. */
  #split (buffer: Buffer, isEnd: boolean): Buffer {
    let start = 0
    if (this.#isFirst) {
      checkStart(buffer)
      if (buffer.subarray(0, BOM.length).equals(BOM)) start = BOM.length
      this.#isFirst = false
    }
    // Looked for in the whole buffer first, which costs next to nothing; record by record only where something is found.
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
        this.#onRecord({ line: this.#line, buffer, start, end, fault: scan?.fault ?? NOT_CLOSED })
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

  #tell (buffer: Buffer, start: number, { end, newlines, hasStrayQuotes }: Scan, isSuspicious: boolean): void {
    const line = this.#line
    this.#line += newlines
    const isBlank = end - start === 1 || (end - start === 2 && buffer[start] === CR)
    if (isBlank) return
    const fault = isSuspicious ? this.#findFault(buffer.subarray(start, end)) : undefined
    this.#onRecord({ line, buffer, start, end, ...fault !== undefined && { fault }, ...hasStrayQuotes && { hasStrayQuotes } })
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
  let hasStrayQuotes = false
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
      while (i < buffer.length && buffer[i] !== COMMA && buffer[i] !== LF) {
        if (buffer[i++] === QUOTE) hasStrayQuotes = true
      }
      if (i >= buffer.length) return undefined
    }
    if (buffer[i++] === LF) return { end: i, newlines: newlines + 1, hasStrayQuotes }
  }
}

/** Writes a record with stray quotes the way RFC 4180 wants it: every cell in quotes, those inside doubled. */
export function quoteCells ({ buffer, start, end }: RawRecord): Buffer {
  const text = buffer.toString('utf8', start, end).replace(/\r?\n$/, '')
  const cells = `,${text}`.replace(/,("(?:[^"]|"")*"|[^,]*)/gy, (_, cell: string) =>
    `,${cell.startsWith('"') ? cell : `"${cell.replaceAll('"', '""')}"`}`)
  return Buffer.from(`${cells.slice(1)}\n`)
}
