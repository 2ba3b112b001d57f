import type { Sql } from 'postgres'
import { Problem } from '../../common/problems.ts'
import { CellFault, COLUMNS, DERIVED, PASSED_OVER, type Cell } from './columns.ts'
import { cellsOf, FileFault, LATIN_1, NOT_UTF8, readRecords, type CsvRecord } from './csv.ts'
import { Copy } from './database.ts'
import type { CsvFile, Kind } from './files.ts'

/** Bytes of a header that are looked at for another separator. */
const MAX_HEADER = 4096

const SEPARATORS: [character: string, name: string][] = [[';', 'semicolons'], ['\t', 'tabs'], ['|', 'vertical bars']]

const SPECIAL = /[\\\t\n\r]/g
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/**
 * What was found in a file: its rows (one where it is refused as a whole, and why), the columns that nobody reads, and
 * those that are not there.
 */
export interface Staged { rows: number, unreadColumns: string[], missingColumns: string[], refused?: string }

/** A file as it is named, and numbered, in what is staged. */
export type Named = Pick<CsvFile, 'number' | 'name'>

/** Where the columns that are read stand in a file. */
interface Header {
  width: number,
  columns: { name: string, cell: Cell, isRequired: boolean, position: number }[],
  unread: string[]
}

/**
 * The temporary table that rows of one kind are copied into: file, line, and the cells where they fit or else the row's
 * fault. All text, so that it refuses nothing. One COPY for all files of the kind: beginning and ending one takes 80 ms
 * (measured; the driver leaves Nagle's algorithm on).
 */
export class StagingTable {
  readonly #sql: Sql
  readonly #kind: Kind
  readonly #columns: string[]
  readonly #derive: (id: string) => string[]
  #copy: Promise<Copy> | undefined
  readonly #refused: [file: number, reason: string][] = []

  /** @param derive the values of the kind's derived columns, from that of its first column */
  constructor (sql: Sql, kind: Kind, derive: (id: string) => string[]) {
    this.#sql = sql
    this.#kind = kind
    this.#columns = [...Object.keys(COLUMNS[kind]), ...DERIVED[kind] ?? []]
    this.#derive = derive
  }

  async create (): Promise<void> {
    const columns = this.#columns.map((name) => `${name} text`).join(', ')
    await this.#sql.unsafe(
      `create temp table staged_${this.#kind} (file smallint, line bigint, fault text, ${columns}) on commit drop`
    )
  }

  /**
   * Copies a file into the table; one that cannot be loaded as a whole counts as one faulty row.
   *
   * @param open begins to read it; what it is given is told of bytes as they are read
   * @param onRead told of bytes as they are read, and of the rows since it was told last
   * @throws Error where reading or copying breaks off halfway
   */
  async add (
    file: Named, open: (onBytes: (bytes: number) => void) => AsyncIterable<Buffer>,
    onRead: (bytes: number, rows: number) => void = () => {}
  ): Promise<Staged> {
    let header: Header | undefined
    let rows = 0
    let told = 0
    const tell = (bytes: number) => {
      onRead(bytes, rows - told)
      told = rows
    }
    try {
      for await (const records of readRecords(open(tell))) {
        let lines = ''
        for (const record of records) {
          if (header === undefined) {
            header = readHeader(record, this.#kind)
            continue
          }
          rows++
          lines += `${file.number}\t${record.line}\t${this.#format(record, header)}\n`
        }
        if (lines !== '') await this.#write(lines)
      }
      if (header === undefined) throw new FileFault('the file is empty')
      tell(0)
      const missing = header.columns.filter(({ position }) => position < 0)
      return { rows, unreadColumns: header.unread, missingColumns: missing.map(({ name }) => name) }
    } catch (error) {
      const refused = whyRefused(error as NodeJS.ErrnoException, header !== undefined)
      const { code, message } = error as NodeJS.ErrnoException
      if (refused === undefined) throw Object.assign(new Error(`${file.name}: ${message}`, { cause: error }), { code })
      this.#refused.push([file.number, refused])
      return { rows: 1, unreadColumns: [], missingColumns: [], refused }
    }
  }

  /** Ends the COPY. Also after a failure: broken off, it would leave the connection unusable. */
  async end (): Promise<void> {
    await (await this.#copy)?.end()
    for (const [file, reason] of this.#refused) {
      await this.#sql.unsafe(`delete from staged_${this.#kind} where file = $1`, [file])
      await this.#sql.unsafe(`insert into staged_${this.#kind} (file, line, fault) values ($1, 1, $2)`, [file, reason])
    }
  }

  async #write (lines: string): Promise<void> {
    this.#copy ??= Copy.open(this.#sql,
      `copy staged_${this.#kind} (file, line, fault, ${this.#columns.join(', ')}) from stdin`)
    await (await this.#copy).write(lines)
  }

  /** The fault and the cells of a row, in COPY's text format. */
  #format (record: CsvRecord, header: Header): string {
    const { fault, cells } = readRow(record, header)
    if (fault !== undefined) return `${escape(fault)}${'\t\\N'.repeat(this.#columns.length)}`
    let text = '\\N'
    for (const cell of cells) text += cell === null ? '\t\\N' : `\t${escape(cell)}`
    for (const value of this.#derive(cells[0]!)) text += `\t${value}`
    return text
  }
}

function readHeader (record: CsvRecord, kind: Kind): Header {
  const known = COLUMNS[kind]
  const { fault, buffer, start, end } = record
  if (fault !== undefined) {
    const separator = findSeparator(buffer.toString('latin1', start, Math.min(end, start + MAX_HEADER)),
      Object.keys(known))
    throw new FileFault(fault === NOT_UTF8 ? LATIN_1 : separator ?? `the header cannot be read: ${fault}`)
  }
  const names = cellsOf(record).map((name) => name.trim().toLowerCase())
  const twice = names.find((name, position) => name !== '' && names.indexOf(name) !== position)
  if (twice !== undefined) throw new FileFault(`the header has the column ${twice} twice`)
  const missing = Object.keys(known).filter((name) => known[name]!.required === 'row' && !names.includes(name))
  if (missing.length > 0) {
    throw new FileFault(findSeparator(names.join(','), Object.keys(known)) ?? `the header lacks ${missing.join(', ')}`)
  }
  const isRead = (name: string) => Object.hasOwn(known, name) || PASSED_OVER[kind]?.includes(name)
  return {
    width: names.length,
    columns: Object.entries(known).map(([name, { cell, required }]) =>
      ({ name, cell, isRequired: required !== undefined, position: names.indexOf(name) })),
    unread: names.filter((name) => !isRead(name)).map((name) => name || '(without a name)')
  }
}

function readRow (record: CsvRecord, { width, columns }: Header): { fault?: string, cells: (string | null)[] } {
  if (record.fault !== undefined) return { fault: record.fault, cells: [] }
  const values = cellsOf(record)
  if (values.length !== width) return { fault: `expected ${width} cells, found ${values.length}`, cells: [] }
  const cells: (string | null)[] = []
  for (const { name, cell, isRequired, position } of columns) {
    const value = values[position]
    if (value === undefined || value === '') {
      if (value === '' && isRequired) return { fault: `${name} is missing`, cells }
      cells.push(null)
      continue
    }
    try {
      cells.push(cell(value))
    } catch (error) {
      if (!(error instanceof CellFault)) throw error
      return { fault: `${name} ${error.message}`, cells }
    }
  }
  return { cells }
}

/** Names what separates the columns of a header that is not split by commas as it should be. */
function findSeparator (header: string, known: string[]): string | undefined {
  const declared = /^\W*sep=(.)/.exec(header)?.[1]
  for (const [character, name] of SEPARATORS) {
    const cells = header.split(character).map((cell) => cell.replaceAll('"', '').trim())
    if (declared === character || (cells.length > 1 && cells.some((cell) => known.includes(cell)))) {
      return `separated by ${name}: columns are separated by commas`
    }
  }
}

/** Why the file as a whole is at fault; undefined where the disk or the database is. */
function whyRefused (error: NodeJS.ErrnoException, hasHeader: boolean): string | undefined {
  if (error instanceof FileFault) return error.message
  // Whoever sends it has hung up, or sends too much.
  if (error instanceof Problem) return undefined
  if (error.code?.startsWith('Z_')) return `a damaged or cut off gzip file, or none at all: ${error.message}`
  // Before the header, nothing of the file has been copied yet.
  if (!hasHeader && error.code !== undefined) return `the file cannot be read: ${error.message}`
}

/** COPY's text format (PostgreSQL manual, COPY, File Formats): a backslash before what would end a cell or a line. */
function escape (value: string): string {
  return value.search(SPECIAL) < 0 ? value : value.replace(SPECIAL, (character) => ESCAPES[character]!)
}
