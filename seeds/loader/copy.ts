import type { Writable } from 'node:stream'
import type { Sql } from 'postgres'

/** Milliseconds in which the database takes nothing before a COPY is given up. A slow disk pauses for seconds, not for a minute. */
const PATIENCE = 60_000

const IN_FAILED_TRANSACTION = '25P02'

/** A COPY into a table, inside a transaction, with an end to every wait: postgres.js itself waits for ever on a COPY that the database has refused. */
export class Copy {
  readonly #sql: Sql
  readonly #stream: Writable
  readonly #watchdog: NodeJS.Timeout
  #error: Error | null | undefined

  private constructor (sql: Sql, stream: Writable) {
    this.#sql = sql
    this.#stream = stream
    this.#stream.on('error', (error) => { this.#error ??= error })
    this.#watchdog = setTimeout(() => this.#stream.destroy(new Error('the database has taken no data for a minute')), PATIENCE)
  }

  /** @param statement `copy … from stdin`, into a table with nothing in it that could refuse a row */
  static async open (sql: Sql, statement: string): Promise<Copy> {
    return new Copy(sql, await sql.unsafe(statement).writable())
  }

  /** Sends lines in COPY's text format; calls back when there is room for more. */
  write (lines: string, callback: (error?: Error | null) => void): void {
    if (this.#error) return callback(this.#error)
    this.#watchdog.refresh()
    this.#stream.write(lines, callback)
  }

  /** Ends the COPY, and waits until the database has everything. */
  async end (): Promise<void> {
    try {
      this.#stream.end()
      // Answered after the COPY in any case, and with an error where that failed, because the transaction has: the stream itself
      // would wait for ever.
      await this.#sql.unsafe('select')
    } catch (error) {
      const isRefused = (error as { code?: string }).code === IN_FAILED_TRANSACTION
      throw this.#error ?? (isRefused ? new Error('the database refused the data; its log says why') : error)
    } finally {
      clearTimeout(this.#watchdog)
    }
    if (this.#error) throw this.#error
  }
}
