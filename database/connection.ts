import type { NetConnectOpts, Socket } from 'node:net'
import type { PendingQuery, Sql } from 'postgres'
import { problem } from '../common/problems.ts'
import type { Caller } from './caller.ts'
import { cancelOn, type Backend } from './cancel.ts'
import { createClient, socketsTo, type ClientOptions, type Hosts } from './client.ts'
import { CONNECTION_FAULTS, ConnectFault } from './failures.ts'

export type Row = Record<string, unknown>

/** A session of the server, as long as it is the same one. */
export type Session = Socket

/** The driver's own, of a query: the backend it was sent to, null as long as it was not sent. */
type Query = PendingQuery<Row[]> & { state: Backend | null }

/** The severities of what ends a session, in the server's own words whatever its language. */
const FATAL = /^(FATAL|PANIC)$/

/** Whether a failure ended the session. */
const isLost = ({ severity = '', code = '' }: { severity?: string, code?: string }) =>
  FATAL.test(severity) || CONNECTION_FAULTS.test(code)

/** A connection that rests for so long is asked whether it is still there. */
export const REST_MS = 1000

/** A statement that is sent right behind another, on its connection: it sees all that this one has done. */
export interface Follower {
  text: string
  /** Told what it returned, where both went well. */
  found: (rows: Row[]) => void
}

/** A statement under way. */
export interface Run {
  readonly query: Query
  /** Ends it as failed, unless its rows are here. */
  reject: (error: Error) => void
  /** Its place on the connection is free, after so many milliseconds. */
  readonly release: (ms: number) => void
  readonly caller: Caller | undefined
  readonly since: number
  /** When the connection is given up, by `performance.now()`. */
  readonly deadline: number
  /** What had been received when somebody last looked, and how often the server knew of no statement since. */
  received: number
  lookedAt: number
  seenIdle: number
}

/**
 * One connection, and as many statements on it as its pool sends. The driver's client of a single connection, so that
 * it is known which socket a statement runs on. What is sent while others run goes out behind them at once
 * (pipelining); the driver's own queue, which slows down for good when it does not get empty, is used by none but those
 * that come while it connects. Connects when first used, and again after it broke.
 */
export class Connection {
  readonly #url: string
  readonly #options: Omit<ClientOptions, 'max' | 'socket'>
  #client: Sql
  #socket: Socket | undefined
  #address: NetConnectOpts | undefined
  readonly #runs = new Set<Run>()
  /** A request to cancel that the server may not have heard yet. */
  cancelling: Promise<void> | undefined
  /** Where the last statement ran. */
  backend: Backend | null = null
  lastUsed = 0
  /** Whether its session has made the plans that it is going to need (Pool). */
  isWarm = false

  constructor (url: string, options: Omit<ClientOptions, 'max' | 'socket'>) {
    this.#url = url
    this.#options = options
    this.#client = this.#makeClient()
  }

  /** What runs now, the oldest first: it is what the server is at work on. */
  get runs (): ReadonlySet<Run> { return this.#runs }

  get isOpen (): boolean { return this.#socket !== undefined && !this.#socket.destroyed }

  /** The session there is now; undefined where the next statement would begin another. */
  get session (): Session | undefined { return this.#socket?.writable ? this.#socket : undefined }

  get #isPrepared (): boolean { return this.#options.prepare ?? true }

  get bytesRead (): number { return this.#socket?.bytesRead ?? 0 }

  /**
   * Runs a statement. Rejects with what the driver says, with ConnectFault where there was no connection to be had, or
   * with DATABASE_UNAVAILABLE where the connection was given up.
   *
   * @param isOnlyParsed the server is to look at the statement, not to run it
   * @param release called when the next statement may take its place
   * @param within the session that has to be there still: where another has begun, the statement is not run. Nothing
   * comes between this look and the driver's writing to that socket, which is a microtask later.
   * @param follower sent with it, in one packet where statements are prepared; its failure is nobody's
   */
  run (
    text: string, parameters: unknown[], limitMs: number, caller?: Caller, isOnlyParsed = false,
    release: (ms: number) => void = () => {}, within?: Session, follower?: Follower
  ): Promise<Row[]> {
    if (within !== undefined && within !== this.session) {
      release(0)
      return Promise.reject(problem('DATABASE_UNAVAILABLE'))
    }
    return new Promise((resolve, reject) => {
      const query = this.#query(text, parameters)
      if (isOnlyParsed) query.describe()
      const since = performance.now()
      const run: Run = {
        query,
        reject,
        release,
        caller,
        since,
        deadline: Math.min(since + limitMs, caller?.deadline ?? Infinity),
        received: -1,
        lookedAt: since,
        seenIdle: 0
      }
      this.#runs.add(run)
      query.then((rows) => {
        if (!follower) {
          this.#end(run)
          return resolve(rows)
        }
        run.reject = () => resolve(rows)
        ;(followed ?? this.#query(follower.text, [])).then(follower.found).catch((error) => {
          if (isLost(error)) this.giveUp('the session was ended', run)
        }).then(() => {
          this.#end(run)
          resolve(rows)
        })
      }, (error) => {
        const wasRunning = this.#runs.has(run)
        // With a client of its own for the next: this one may not have heard of the end yet, or hold the server's last
        // word against it.
        if (wasRunning && isLost(error)) this.giveUp('the session was ended', run)
        this.#end(run)
        // Whatever it was: no statement ran.
        reject(query.state === null ? new ConnectFault(error) : error)
      })
      // A PgBouncer that knows no prepared statements (before 1.21) loses its way where something stands behind a
      // statement that fails: there it is sent afterwards.
      const followed = follower && this.#isPrepared ? this.#query(follower.text, []) : undefined
      // Has the driver send it now, and takes its failure.
      followed?.catch(() => {})
    })
  }

  #query (text: string, parameters: unknown[]): Query {
    return this.#client.unsafe(text, parameters as never[], {
      prepare: this.#isPrepared, simple: false
    } as never) as unknown as Query
  }

  /**
   * Asks the server to cancel what runs; to be called again while it runs, since between parsing and running there is
   * nothing to cancel. The connection is not to be used for another statement before `cancelling` has settled.
   */
  cancel (run: Run): void {
    if (this.cancelling || !this.#runs.has(run)) return
    const { state } = run.query
    if (state === null) return this.giveUp('the database could not be connected to in time')
    this.cancelling = cancelOn(this.#address!, state).then((heard) => {
      this.cancelling = undefined
      // It may still come, and would strike the next statement.
      if (!heard) this.giveUp('a request to cancel could not be delivered')
    })
  }

  /**
   * Ends the connection as it is, without a word to the server; what runs on it is refused. The next statement gets a
   * new one.
   *
   * @param except what has its own error already
   */
  giveUp (reason: string, except?: Run): void {
    const [client, socket, runs] = [this.#client, this.#socket, [...this.#runs].filter((run) => run !== except)]
    this.#socket = undefined
    this.#client = this.#makeClient()
    for (const run of runs) {
      const refusal = problem('DATABASE_UNAVAILABLE')
      refusal.cause = reason
      run.reject(refusal)
      // The driver would go on connecting for it, and run it then.
      if (run.query.state === null) run.query.cancel()
      this.#end(run)
    }
    client.end({ timeout: 0 }).catch(() => {})
    socket?.destroy()
  }

  /** Waits a moment for what runs. */
  async close (): Promise<void> {
    await this.#client.end({ timeout: 1 })
    this.#socket?.destroy()
  }

  #end (run: Run): void {
    if (!this.#runs.delete(run)) return
    this.backend = run.query.state
    this.lastUsed = performance.now()
    run.release(this.lastUsed - run.since)
  }

  #makeClient (): Sql {
    const open = socketsTo(this.#url, (socket, address) => {
      // Of several hosts the right one is looked for, which takes time.
      if (client !== this.#client) return socket.destroy()
      this.#socket = socket
      this.#address = address
      this.isWarm = false
    })
    const client: Sql = createClient(this.#url, {
      ...this.#options,
      max: 1,
      socket: (hosts: Hosts) => {
        if (client !== this.#client) throw new Error('given up')
        return open(hosts)
      }
    })
    return client
  }
}
