import { readFileSync } from 'node:fs'
import type { NetConnectOpts, Socket } from 'node:net'
import { join } from 'node:path'
import postgres, { type PendingQuery, type Row, type Sql } from 'postgres'
import { problem } from '../errors.ts'
import { cancelOn, type Backend } from './cancel.ts'
import { driverUrl, socketsTo } from './client.ts'
import { ConnectFault } from './failures.ts'
import { lowerPriority } from './priority.ts'
import { explainQuery, NoSubselect } from './query-failures.ts'

const text = (name: string) => readFileSync(join(import.meta.dirname, `../../../sql/query/${name}.sql`), 'utf8')

/** The statements of the lane, by file. */
export const texts = {
  begin: text('begin'), rollback: text('rollback'), discard: text('discard'), introduce: text('introduce'), tryUsers: text('try-users')
}
const [BEFORE = '', AFTER = ''] = text('run').split(/(?<=\n)\{statement\}(?=\n)/)

/** What a caller sends and the bounds of the answer. */
export interface Query { text: string, parameters: unknown[], maxRows: number, maxBytes: number }

/** How a parameter is written for the type the server wants (an oid); null stays null. */
export type Encode = (value: unknown, type: number) => string | null

/** More than an answer ever is, with its frames; an error message can be as long as the value it complains about. */
const MOST_RECEIVED = 16 * 1024 ** 2
const LOOK_EVERY_MS = 20

/** Of `begin`, which any server answers at once: a connection that has died at rest is known by then, and nothing of the caller's was run. */
const BEGIN_MS = 1000

const asText = (oids: number[]) => ({ to: oids[0]!, from: oids, serialize: (value: string) => value, parse: (value: string) => value })

/** One connection of the /query lane. A client of a single connection, so that begin and rollback stand around the same one. */
export class QuerySession {
  readonly sql: Sql
  #socket: Socket | undefined
  /** The connection whose backend has its low priority. */
  #lowered: Socket | undefined
  #address: NetConnectOpts | undefined
  /** Where a caller's statement runs now. */
  #backend: Backend | undefined
  #cancelling: Promise<void> | undefined

  /** @param login role and password, where they are not the URL's own */
  constructor (url: string, login: { username?: string, password?: string } = {}) {
    this.sql = postgres(driverUrl(url), {
      ...login,
      max: 1,
      prepare: false,
      fetch_types: false,
      onnotice: () => {},
      connect_timeout: 2,
      idle_timeout: 60,
      backoff: () => 0.2,
      // Text in, text out: the driver's own ways would read dates in the gateway's time zone, and 'true' as false.
      types: { boolean: asText([16]), date: asText([1184, 1082, 1114]), bytea: asText([17]), json: asText([114, 3802]) } as never,
      ...{
        socket: socketsTo(url, (socket, address) => {
          this.#socket = socket
          this.#address = address
        })
      } as object,
      // The role's own settings, once more for a role that somebody else made.
      connection: {
        application_name: 'db-service query',
        TimeZone: 'UTC',
        DateStyle: 'ISO',
        // As plugins/domain/query-words.ts reads a statement.
        standard_conforming_strings: 'on',
        bytea_output: 'hex',
        search_path: 'products',
        default_transaction_read_only: 'on',
        statement_timeout: 5000,
        lock_timeout: 1000,
        idle_in_transaction_session_timeout: 10_000,
        max_parallel_workers_per_gather: 0,
        client_min_messages: 'error'
      } as never
    }) as Sql
  }

  /** Runs a caller's statement and returns its rows as JSON; null for rows past the bytes. Rejects with what explainQuery says. */
  async run (query: Query, encode: Encode): Promise<(string | null)[]> {
    const socket = this.#socket
    const received = socket?.bytesRead ?? 0
    let tooMuch = false
    const guard = setInterval(() => {
      if (!this.#socket || this.#socket.bytesRead - (this.#socket === socket ? received : 0) < MOST_RECEIVED) return
      tooMuch = true
      this.#socket.destroy()
    }, LOOK_EVERY_MS)
    try {
      return await this.#inTransaction(async () => await this.#select(query, encode))
    } catch (error) {
      const end = endOfStatement(error, query.text)
      if (end !== undefined) return await this.run({ ...query, text: query.text.slice(0, end) }, encode)
      if (tooMuch) throw problem('QUERY_FAULTY', { message: 'what it answers is too large' })
      throw explainQuery(error)
    } finally {
      clearInterval(guard)
    }
  }

  /** Whether the server has taken up a caller's statement, so that time is what it lacks. */
  get isRunning (): boolean { return this.#backend !== undefined }

  /** Asks the server to cancel the caller's statement. To be called again while it runs: between parsing and running there is nothing to cancel. */
  cancel (): void {
    if (!this.#backend || this.#cancelling) return
    this.#cancelling = cancelOn(this.#address!, this.#backend).then((heard) => {
      this.#cancelling = undefined
      if (!heard) this.giveUp()
    })
  }

  /** Ends a connection that says nothing any more; what runs on it fails, and the next statement gets a new one. */
  giveUp (): void {
    this.#socket?.destroy()
  }

  async #inTransaction<T> (work: () => Promise<T>): Promise<T> {
    try {
      const { state } = await this.#begin()
      if (this.#socket && this.#socket !== this.#lowered) {
        lowerPriority(state.pid, this.#socket.localPort!)
        this.#lowered = this.#socket
      }
      this.#backend = state
      return await work()
    } finally {
      this.#backend = undefined
      // It would strike what comes next.
      await this.#cancelling
      // A connection that broke has nothing to take back.
      await this.sql.unsafe(texts.rollback).catch(() => {})
      await this.sql.unsafe(texts.discard).catch(() => {})
    }
  }

  /** Also where there is no connection to be had: whatever the reason, it is none of the statement's. One that died at rest is replaced. */
  async #begin (isAgain = false): Promise<{ state: Backend }> {
    const wasOpen = this.#socket?.readyState === 'open'
    const begin = this.sql.unsafe(texts.begin) as unknown as PendingQuery<Row[]> & { state: Backend | null }
    // A connection that is still being made has a limit of its own.
    const timer = setTimeout(() => { if (begin.state !== null) this.giveUp() }, BEGIN_MS)
    try {
      return await begin as unknown as { state: Backend }
    } catch (error) {
      if (wasOpen && !isAgain) return await this.#begin(true)
      throw begin.state === null ? new ConnectFault(error) : error
    } finally {
      clearTimeout(timer)
    }
  }

  async #select ({ text, parameters, maxRows, maxBytes }: Query, encode: Encode): Promise<(string | null)[]> {
    // By itself first: several statements, or text that would close the parenthesis it is put in, end here.
    const { types, columns } = await this.sql.unsafe(text).describe()
    if (types.length !== parameters.length) {
      throw problem('QUERY_FAULTY', { message: `it takes ${types.length} parameters, ${parameters.length} were sent` })
    }
    const names = columns?.map(({ name }) => name) ?? []
    const values = [
      ...parameters.map((value, index) => encode(value, types[index]!)),
      String(maxRows), String(maxBytes), String(new Set(names).size < names.length)
    ]
    const numbered = (part: string) => part.replace(/\{n\+(\d)\}/g, (_, more: string) => `$${types.length + Number(more)}`)
    const before = numbered(BEFORE)
    try {
      const rows = await this.sql.unsafe<{ row: string | null }[]>(`${before}${text}${numbered(AFTER)}`, values as never[])
      return rows.map(({ row }) => row)
    } catch (error) {
      throw fromWrapped(error, before.length)
    }
  }
}

/** An error in the wrapped statement, with its position in the caller's own text. */
function fromWrapped (error: unknown, offset: number): unknown {
  if (!(error instanceof postgres.PostgresError)) return error
  const position = Number(error.position) - offset
  if (error.code === '42601' || error.routine === 'analyzeCTE') return new NoSubselect(position)
  if (error.position) error.position = String(position)
  return error
}

/** Where the statement ends, if what stands in the way is a semicolon: behind it there can only be comments and blanks. */
function endOfStatement (error: unknown, text: string): number | undefined {
  if (!(error instanceof NoSubselect) || !(error.position > 1)) return
  // PostgreSQL counts characters, JavaScript UTF-16 units.
  const end = Array.from(text).slice(0, error.position - 1).join('').length
  return text[end] === ';' && end > 0 ? end : undefined
}
