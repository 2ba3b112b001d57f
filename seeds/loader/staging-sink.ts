import { Writable } from 'node:stream'
import { CellFault, type Cell } from './cells.ts'
import { COLUMNS, PASSED_OVER } from './columns.ts'
import type { CsvFile, Kind } from './files.ts'
import { FileFault, findSeparator, LATIN_1 } from './foreign.ts'
import { NOT_UTF8, type RawRecord } from './records.ts'
import type { StagingTable } from './staging-table.ts'

/** Characters sent to the database at once. */
const BATCH = 64 * 1024

/** Bytes of a header that are looked at for another separator. */
const MAX_HEADER = 4096

/** What csv-parser makes of a record: the cells by their position. */
type ParsedRow = Record<number, string>

interface PlacedColumn { name: string, cell: Cell, isRequired: boolean, position: number }

/** Takes the parsed rows of one file, the header first, and copies them into the staging table of their kind. */
export class StagingSink {
  /** Rows so far, faulty ones included. */
  rows = 0
  /** Columns of the file that nobody reads. */
  unread: string[] = []
  readonly writable: Writable
  readonly #table: StagingTable
  readonly #kind: Kind
  readonly #file: CsvFile
  readonly #derive: (id: string) => string[]
  #width = 0
  #columns: PlacedColumn[] | undefined
  #lines: number[] = []
  #nextLine = 0
  #batch = ''

  /** @param derive the values of the kind's derived columns, from that of its first column */
  constructor (table: StagingTable, kind: Kind, file: CsvFile, derive: (id: string) => string[]) {
    this.#table = table
    this.#kind = kind
    this.#file = file
    this.#derive = derive
    this.writable = new Writable({
      objectMode: true,
      highWaterMark: 1000,
      write: (row: ParsedRow, _encoding, callback) => this.#take(row, callback),
      final: (callback) => this.#finish(callback)
    })
  }

  /** Whether the header has been read. */
  get hasHeader (): boolean {
    return this.#columns !== undefined
  }

  /** Announces the line on which the next row starts. */
  expect (line: number): void {
    this.#lines.push(line)
  }

  /** Takes a record that is no row. */
  reject ({ line, buffer, start, end }: RawRecord, fault: string): void {
    if (this.#lines.length === 0 && !this.hasHeader) {
      const why = fault === NOT_UTF8 ? LATIN_1 : this.#findSeparator(buffer.toString('latin1', start, Math.min(end, start + MAX_HEADER)))
      throw new FileFault(why ?? `the header cannot be read: ${fault}`)
    }
    this.rows++
    this.#batch += this.#table.faultLine(this.#file, line, fault)
  }

  #take (row: ParsedRow, callback: (error?: Error | null) => void): void {
    try {
      const line = this.#takeLine()
      if (this.#columns === undefined) {
        this.#readHeader(row)
        return callback()
      }
      this.rows++
      this.#batch += this.#format(row, line, this.#columns)
    } catch (error) {
      return callback(error as Error)
    }
    if (this.#batch.length < BATCH) callback()
    else this.#send(callback)
  }

  #takeLine (): number {
    const line = this.#lines[this.#nextLine++]
    if (line === undefined) throw new Error('csv-parser found more rows than there are')
    // Emptied now and then and not with every row: shift() on a long array moves all of it.
    if (this.#nextLine === this.#lines.length) {
      this.#lines = []
      this.#nextLine = 0
    }
    return line
  }

  #readHeader (row: ParsedRow): void {
    const names = Object.values(row).map((name) => name.trim().toLowerCase())
    const twice = names.find((name, position) => name !== '' && names.indexOf(name) !== position)
    if (twice !== undefined) throw new FileFault(`the header has the column ${twice} twice`)
    const columns = Object.entries(COLUMNS[this.#kind])
    const missing = columns.filter(([name, column]) => column.required === 'row' && !names.includes(name)).map(([name]) => name)
    if (missing.length > 0) {
      throw new FileFault(this.#findSeparator(names.join(',')) ?? `the header lacks ${missing.join(', ')}`)
    }
    const isRead = (name: string) => Object.hasOwn(COLUMNS[this.#kind], name) || PASSED_OVER[this.#kind]?.includes(name)
    this.unread = names.filter((name) => !isRead(name)).map((name) => name || '(without a name)')
    this.#width = names.length
    this.#columns = columns.map(([name, { cell, required }]) =>
      ({ name, cell, isRequired: required !== undefined, position: names.indexOf(name) }))
  }

  #findSeparator (header: string): string | undefined {
    const separator = findSeparator(header, Object.keys(COLUMNS[this.#kind]))
    return separator && `separated by ${separator}: columns are separated by commas`
  }

  #format (row: ParsedRow, line: number, columns: PlacedColumn[]): string {
    if (row[this.#width - 1] === undefined || row[this.#width] !== undefined) {
      return this.#table.faultLine(this.#file, line, `expected ${this.#width} cells, found ${Object.keys(row).length}`)
    }
    const cells: (string | null)[] = []
    for (const { name, cell, isRequired, position } of columns) {
      const value = row[position]
      if (value === undefined || value === '') {
        if (value === '' && isRequired) return this.#table.faultLine(this.#file, line, `${name} is missing`)
        cells.push(null)
        continue
      }
      try {
        cells.push(cell(value))
      } catch (error) {
        if (!(error instanceof CellFault)) throw error
        return this.#table.faultLine(this.#file, line, `${name} ${error.message}`)
      }
    }
    return this.#table.rowLine(this.#file, line, [...cells, ...this.#derive(cells[0]!)])
  }

  #finish (callback: (error?: Error | null) => void): void {
    if (!this.hasHeader) callback(new FileFault('the file is empty'))
    else if (this.#lines.length > 0) callback(new Error('csv-parser found fewer rows than there are'))
    else this.#send(callback)
  }

  #send (callback: (error?: Error | null) => void): void {
    const batch = this.#batch
    this.#batch = ''
    if (batch === '') callback()
    else this.#table.write(batch, callback)
  }
}
