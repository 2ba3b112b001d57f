import type { Sql } from 'postgres'
import { COLUMNS, DERIVED } from './columns.ts'
import { Copy } from './copy.ts'
import type { CsvFile, Kind } from './files.ts'

type Callback = (error?: Error | null) => void

/**
 * The temporary table that rows of one kind are copied into: file, line, and the cells where they are valid or else the row's fault.
 * All text, so that it refuses nothing. One COPY for all files of the kind: beginning and ending one takes 80 ms (measured; the
 * driver leaves Nagle's algorithm on).
 */
export class StagingTable {
  readonly #sql: Sql
  readonly #name: string
  readonly #columns: string[]
  readonly #noCells: string
  #copy: Promise<Copy> | undefined
  readonly #refused: [file: number, reason: string][] = []

  constructor (sql: Sql, kind: Kind) {
    this.#sql = sql
    this.#name = `staged_${kind}`
    this.#columns = [...Object.keys(COLUMNS[kind]), ...DERIVED[kind] ?? []]
    this.#noCells = '\t\\N'.repeat(this.#columns.length)
  }

  async create (): Promise<void> {
    const columns = this.#columns.map((name) => `${name} text`).join(', ')
    await this.#sql.unsafe(`create temp table ${this.#name} (file smallint, line bigint, fault text, ${columns}) on commit drop`)
  }

  /** A line for a valid row. */
  rowLine (file: CsvFile, line: number, cells: (string | null)[]): string {
    let text = `${file.number}\t${line}\t\\N`
    for (const cell of cells) text += cell === null ? '\t\\N' : `\t${escape(cell)}`
    return `${text}\n`
  }

  /** A line for a row that does not. */
  faultLine (file: CsvFile, line: number, fault: string): string {
    return `${file.number}\t${line}\t${escape(fault)}${this.#noCells}\n`
  }

  /** Copies lines; calls back when there is room for more. */
  write (lines: string, callback: Callback): void {
    this.#copy ??= Copy.open(this.#sql, `copy ${this.#name} (file, line, fault, ${this.#columns.join(', ')}) from stdin`)
    this.#copy.then((copy) => copy.write(lines, callback), callback)
  }

  /** Takes back all rows of a file, which count as a single faulty one. */
  refuse (file: CsvFile, reason: string): void {
    this.#refused.push([file.number, reason])
  }

  /** Ends the COPY. Also after a failure: broken off, it would leave the connection unusable. */
  async end (): Promise<void> {
    await (await this.#copy)?.end()
    for (const [file, reason] of this.#refused) {
      await this.#sql.unsafe(`delete from ${this.#name} where file = $1`, [file])
      await this.#sql.unsafe(`insert into ${this.#name} (file, line, fault) values ($1, 1, $2)`, [file, reason])
    }
  }
}

const SPECIAL = /[\\\t\n\r]/g
const ESCAPES: Record<string, string> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' }

/** COPY's text format (PostgreSQL manual, COPY, File Formats): a backslash before what would end a cell or a line. */
function escape (value: string): string {
  return value.search(SPECIAL) < 0 ? value : value.replace(SPECIAL, (character) => ESCAPES[character]!)
}
