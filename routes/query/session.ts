import type { NetConnectOpts, Socket } from 'node:net'
import type { PendingQuery, Row, Sql } from 'postgres'
import { problem } from '../../common/problems.ts'
import { cancelOn, type Backend } from '../../database/cancel.ts'
import { Described, type Description } from './described.ts'
import { ConnectFault } from '../../database/failures.ts'
import { lowerPriority } from './priority.ts'
import { connectForQuery } from './connection.ts'
import { endOfStatement, explainQuery, fromWrapped } from './failures.ts'
import { texts } from './texts.ts'
import { wrap, type Encode, type Query } from './wrapped.ts'

/** More than a response ever is, with its frames; an error message can be as long as the value it complains about. */
const MOST_RECEIVED = 16 * 1024 ** 2
const LOOK_EVERY_MS = 20

/** Of `begin` and `rollback`, which any server can run at once: a connection that has died is known by then. */
const AT_ONCE_MS = 1000

/** What takes longer than a page of the catalogue has to leave the processor to all others. */
const ORDINARY_MS = 100

/** Gives a response away as soon as it is there: what follows is for the next one. */
export type Answer = (rows: (string | null)[]) => void

/** One connection of the /query lane: a client of a single one, so that begin and rollback stand around the same. */
export class QuerySession {
  readonly #connect: () => Sql
  #sql: Sql
  readonly #described: Described
  #socket: Socket | undefined
  /** The connection on which a statement has begun before. */
  #used: Socket | undefined
  #address: NetConnectOpts | undefined
  /** Where a caller's statement runs now. */
  #backend: Backend | undefined
  #cancelling: Promise<unknown> | undefined
  #isCancelled = false
  /** Is settled when what was sent behind a statement has taken it back. */
  #takenBack: Promise<unknown> | undefined
  #isLowered = false

  /**
   * @param described shared by the sessions of a login
   * @param login role and password, where they are not the URL's own
   */
  constructor (url: string, described: Described, login: { username?: string, password?: string } = {}) {
    this.#described = described
    this.#connect = () => connectForQuery(url, login, (socket, address) => {
      this.#socket = socket
      this.#address = address
    })
    this.#sql = this.#connect()
  }

  get sql (): Sql { return this.#sql }

  /**
   * Runs a caller's statement and returns its rows as JSON; null for rows past the bytes. Rejects with what
   * explainQuery says.
   */
  async run (query: Query, encode: Encode, answer: Answer): Promise<void> {
    const socket = this.#socket
    const received = socket?.bytesRead ?? 0
    let tooMuch = false
    const since = performance.now()
    const guard = setInterval(() => {
      if (performance.now() - since > ORDINARY_MS) this.#lower()
      if (!this.#socket || this.#socket.bytesRead - (this.#socket === socket ? received : 0) < MOST_RECEIVED) return
      tooMuch = true
      this.#socket.destroy()
    }, LOOK_EVERY_MS)
    try {
      answer(await this.#select(query, encode))
    } catch (error) {
      const end = endOfStatement(error, query.text)
      if (end !== undefined) {
        await this.#cleanUp()
        await this.run({ ...query, text: query.text.slice(0, end) }, encode, answer)
        const description = this.#described.find(query.text.slice(0, end))
        if (description) this.#described.add(query.text, description)
        return
      }
      if (tooMuch) throw problem('QUERY_FAULTY', { message: 'what it returns is too large' })
      throw explainQuery(error)
    } finally {
      clearInterval(guard)
      await this.#cleanUp()
    }
  }

  /** Whether the server has taken up a caller's statement, so that time is what it lacks. */
  get isRunning (): boolean { return this.#backend !== undefined }

  /**
   * Asks the server to cancel the caller's statement. To be called again while it runs: between parsing and running
   * there is none.
   */
  cancel (): void {
    if (!this.#backend || this.#cancelling) return
    this.#isCancelled = true
    this.#cancelling = cancelOn(this.#address!, this.#backend).then((heard) => {
      this.#cancelling = undefined
      if (!heard) this.giveUp()
    })
  }

  /** Ends a connection that says nothing any more; what runs on it fails, and the next statement gets a new one. */
  giveUp (): void { this.#socket?.destroy() }

  async close (): Promise<void> { await this.#sql.end({ timeout: 1 }) }

  get #isOpen (): boolean { return this.#socket?.readyState === 'open' }

  #lower (): void {
    // Nothing has begun on this connection yet: its backend is not known.
    if (this.#isLowered || !this.#backend || !this.#isOpen || this.#socket !== this.#used) return
    lowerPriority(this.#backend!.pid, this.#socket!.localPort!)
    this.#isLowered = true
  }

  /**
   * Nothing of a statement stays: its transaction is taken back, its session as new. A connection that broke has
   * nothing of it.
   */
  async #cleanUp (): Promise<void> {
    this.#backend = undefined
    await this.#cancelling
    // Whoever is no superuser of the machine cannot raise the priority again; a request to cancel may come late, and
    // strike what comes next.
    const isSpent = this.#isLowered || this.#isCancelled || (this.#used !== undefined && !this.#isOpen)
    if (isSpent) this.#replace()
    else if (this.#socket === this.#used && this.#isOpen) await this.#awaitTakenBack()
    this.#takenBack = undefined
  }

  /**
   * A client of its own for what comes next: the driver hears late that a connection is gone, and would go on sending
   * on it.
   */
  #replace (): void {
    const { sql } = this
    this.#isLowered = this.#isCancelled = false
    this.#socket?.destroy()
    this.#socket = this.#used = undefined
    this.#sql = this.#connect()
    sql.end({ timeout: 0 }).catch(() => {})
  }

  async #awaitTakenBack (): Promise<void> {
    const timer = setTimeout(() => this.giveUp(), AT_ONCE_MS)
    await (this.#takenBack ?? this.#takeBack())
    clearTimeout(timer)
    if (!this.#isOpen) this.#replace()
  }

  async #takeBack (): Promise<unknown> {
    return await Promise.allSettled([this.#send(texts.rollback), this.#send(texts.discard)])
  }

  /**
   * Puts a statement on its way at once, in the order of the calls; the driver would when it is awaited. Parameters are
   * text: where they are set on the query already, the driver does not ask for types first, which is a way there and
   * back, nor makes its own of them, which would read dates in the gateway's time zone, and 'true' as false.
   */
  #send<T extends Row = Row> (text: string, parameters?: (string | null)[]): PendingQuery<T[]> {
    const query = this.#sql.unsafe<T[]>(text, [], { simple: parameters === undefined } as never) as PendingQuery<T[]>
    if (parameters) Object.assign(query, { parameters })
    return query.execute()
  }

  /**
   * Begins, and sends what follows along without waiting in between, which saves a way there and back. Not on a new
   * connection: where it cannot be made, the next attempt would take what follows without its beginning. One that has
   * died at rest is replaced.
   */
  async #begin<T> (next: () => Promise<T>, isAgain = false): Promise<T> {
    const isUsed = this.#isOpen && this.#socket === this.#used
    const begin = this.#send(texts.begin) as PendingQuery<Row[]> & { state: Backend | null }
    // A connection that is still being made has a limit of its own.
    const timer = setTimeout(() => { if (begin.state !== null) this.giveUp() }, AT_ONCE_MS)
    let hasBegun = false
    const begun = begin.then(({ state }) => {
      hasBegun = true
      this.#backend = state as unknown as Backend
      this.#used = this.#socket
    }, (error) => {
      // Also where there is no connection to be had: whatever the reason, it is none of the statement's.
      throw begin.state === null ? new ConnectFault(error) : error
    }).finally(() => clearTimeout(timer))
    if (!isUsed) {
      await begun
      return await next()
    }
    try {
      return (await Promise.all([begun, next()]))[1]
    } catch (error) {
      if (hasBegun || isAgain) throw error
      this.#replace()
      return await this.#begin(next, true)
    }
  }

  async #select (query: Query, encode: Encode): Promise<(string | null)[]> {
    const { text, parameters } = query
    const known = this.#described.find(text)
    // By itself first: several statements, or text that would close the parenthesis it is put in, end here.
    const description = known ?? await this.#begin(async () => await this.#describe(text))
    if (description.types.length !== parameters.length) {
      throw problem('QUERY_FAULTY', {
        message: `it takes ${description.types.length} parameters, ${parameters.length} were sent`
      })
    }
    const run = async () => {
      const running = this.#runWrapped(description, query, encode)
      this.#takenBack = this.#takeBack()
      return await running
    }
    try {
      const rows = await (known ? this.#begin(run) : run())
      if (!known) this.#described.add(text, description)
      return rows
    } catch (error) {
      this.#described.forget(text)
      throw error
    }
  }

  async #describe (text: string): Promise<Description> {
    const { types, columns } = await this.#sql.unsafe(text).describe()
    const names = columns?.map(({ name }) => name) ?? []
    return { text, types, hasDoubles: new Set(names).size < names.length }
  }

  async #runWrapped (description: Description, query: Query, encode: Encode) {
    const { text, values, offset } = wrap(description, query, encode)
    try {
      const rows = await this.#send<{ row: string | null }>(text, values)
      return rows.map(({ row }) => row)
    } catch (error) {
      throw fromWrapped(error, offset)
    }
  }
}
