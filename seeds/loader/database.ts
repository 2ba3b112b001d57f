import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import type { Row, RowList, Sql } from 'postgres'

const FOLDER = join(import.meta.dirname, '../../sql/loader')

/** How long a failed load waits for its rollback: the database may be the very thing that failed. */
const ROLLBACK_MS = 5000

/**
 * Milliseconds in which the database takes nothing before a COPY is given up. A slow disk pauses for seconds, not for a
 * minute.
 */
const COPY_MS = 60_000

/** The connection is gone, and the transaction with it. */
const LOST = /^(ECONN|EPIPE|ETIMEDOUT|CONNECTION_|57P)/

const IN_FAILED_TRANSACTION = '25P02'

/** Runs sql/loader/<name>.sql. */
export async function run<T extends Row = Row> (
  sql: Sql, name: string, parameters: (string | number | null | string[])[] = []
): Promise<RowList<T[]>> {
  const text = await readFile(join(FOLDER, `${name}.sql`), 'utf8')
  try {
    return await sql.unsafe<T[]>(text, parameters)
  } catch (error) {
    const { message, code } = error as Error & { code?: string }
    // Not the error itself: the driver hangs the parameters on it, which may hold passwords.
    throw Object.assign(new Error(`${name}.sql: ${message}`), { code })
  }
}

/** Runs sql/loader/<name>.sql and hands out its rows a thousand at a time. */
export async function * runInBatches<T extends Row> (
  sql: Sql, name: string, parameters: (string | number | null)[]
): AsyncGenerator<T[]> {
  const text = await readFile(join(FOLDER, `${name}.sql`), 'utf8')
  yield * sql.unsafe<T[]>(text, parameters).cursor(1000)
}

/**
 * Runs a load as one transaction, on the client's only connection, and ends it like this where it went well.
 *
 * @param begin the statement that begins it, of sql/loader
 */
export async function inTransaction<T> (
  sql: Sql, begin: 'take-turn' | 'begin-import', end: 'commit' | 'rollback', load: () => Promise<T>
): Promise<T> {
  await run(sql, begin)
  try {
    const [settings] = await run<{ encoding: string }>(sql, 'begin')
    if (settings?.encoding !== 'UTF8') {
      throw new Error(`the database's encoding is ${settings?.encoding}: make one with encoding UTF8`)
    }
    await run(sql, 'create-rejects')
    const result = await load()
    if (end === 'commit') await run(sql, 'commit')
    else await sql.unsafe('rollback')
    return result
  } catch (error) {
    if (!LOST.test((error as { code?: string }).code ?? '')) await rollBack(sql)
    throw new Error(`Nothing was loaded: ${(error as Error).message}`, { cause: error })
  }
}

async function rollBack (sql: Sql): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([
    sql.unsafe('rollback').catch(() => {}),
    new Promise((resolve) => { timer = setTimeout(resolve, ROLLBACK_MS) })
  ])
  clearTimeout(timer)
}

/**
 * A COPY into a table, inside a transaction, with an end to every wait: postgres.js itself waits for ever on a COPY
 * that the database has refused.
 */
export class Copy {
  readonly #sql: Sql
  readonly #stream: Writable
  readonly #watchdog: NodeJS.Timeout
  #error: Error | undefined
  #giveUp: (error: Error) => void = () => {}

  private constructor (sql: Sql, stream: Writable) {
    this.#sql = sql
    this.#stream = stream
    this.#stream.on('error', (error) => this.#fail(error))
    this.#watchdog = setTimeout(() => this.#stream.destroy(new Error('the database has taken no data for a minute')),
      COPY_MS)
  }

  /** @param statement `copy … from stdin`, into a table with nothing in it that could refuse a row */
  static async open (sql: Sql, statement: string): Promise<Copy> {
    return new Copy(sql, await sql.unsafe(statement).writable())
  }

  /** Sends lines in COPY's text format; resolves when there is room for more. */
  async write (lines: string): Promise<void> {
    if (this.#error) throw this.#error
    this.#watchdog.refresh()
    await new Promise<void>((resolve, reject) => {
      this.#giveUp = reject
      this.#stream.write(lines, (error) => error ? this.#fail(error) : resolve())
    })
  }

  /** Ends the COPY, and waits until the database has everything. */
  async end (): Promise<void> {
    try {
      // What is asked on a socket that has failed and is not closed yet gets no answer.
      if (this.#error) throw this.#error
      this.#stream.end()
      // Answered after the COPY in any case, and with an error where that failed, because the transaction has: the
      // stream itself would wait for ever.
      await this.#sql.unsafe('select')
    } catch (error) {
      const isRefused = (error as { code?: string }).code === IN_FAILED_TRANSACTION
      throw this.#error ?? (isRefused ? new Error('the database refused the data; its log says why') : error)
    } finally {
      clearTimeout(this.#watchdog)
    }
    if (this.#error) throw this.#error
  }

  #fail (error: Error): void {
    this.#error ??= error
    this.#giveUp(error)
  }
}
