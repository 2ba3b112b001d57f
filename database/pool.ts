import { problem } from '../common/problems.ts'
import type { Caller } from './caller.ts'
import { Connection, REST_MS, type Follower, type Row, type Run, type Session } from './connection.ts'
import { Line } from './line.ts'
import type { PoolOptions } from './pool-options.ts'
import { everyTick } from './ticks.ts'

/** Before a connection is given up, the server is asked to cancel what runs on it. */
const GRACE_MS = 400

/** A statement that takes so long is asked after: is the server at work on it? */
const ASK_AFTER_MS = 800
const ASK_AGAIN_MS = 250

/** How often the server may say in a row that it has nothing to do for us: the response may just be under way. */
const SEEN_IDLE = 2

const PING_MS = 1000

/** A new connection has so long to make its plans; where it cannot, the next attempt waits. */
const WARM_MS = 1000
const WARM_AGAIN_MS = 5000

/** Accepted within a second, most of which is waiting. A burst of so many is no overload. */
const PACE = { least: 200, withinMs: 600 }

/** How a statement is to be run. */
export interface Conditions {
  isRead: boolean
  caller?: Caller | undefined
  /** The server is to look at the statement, not to run it. */
  isOnlyParsed?: boolean
  /** The session it has to run in, or not at all. */
  within?: Session | undefined
  /** Called with a connection in hand that was waited for; throws where it is no longer wanted. */
  standBack?: () => void
  /** Told how long the statement had its connection. */
  observe?: ((seconds: number) => void) | undefined
  follower?: Follower | undefined
}

/**
 * Connections with one place for a statement or several, and the line of those who wait for one. The driver's own pool,
 * whose queue knows no bounds and slows down when it is not empty, is not used. No connection is ever lost: one that
 * says nothing any more is given up.
 */
export class Pool {
  readonly #options: PoolOptions
  readonly #depth: number
  readonly #all: Connection[]
  /** A connection once for each free place. */
  readonly #free: Connection[]
  readonly #reads: Line<Connection>
  readonly #writes: Line<Connection>
  readonly #stop: () => void
  #writing = 0
  #isAsking = false
  #warmText: string | undefined
  #warmAt = 0

  constructor (url: string, options: PoolOptions) {
    this.#options = options
    this.#all = Array.from({ length: options.size }, () => new Connection(url, options.client))
    this.#depth = options.depth ?? 1
    this.#free = Array.from({ length: this.#depth }, () => this.#all).flat()
    this.#reads = new Line(options.maxWaiting, options.maxWaitMs, 'OVERLOADED', PACE)
    this.#writes = new Line(options.maxWaiting, options.maxWaitMs, 'OVERLOADED', PACE)
    this.#stop = everyTick((now) => this.#lookAfter(now))
  }

  /** How many statements run at most. */
  get places (): number { return this.#all.length * this.#depth }

  /** How many statements run. */
  get active (): number { return this.places - this.#free.length }

  /** How many wait for one. */
  get waiting (): number { return this.#reads.length + this.#writes.length }

  /**
   * Runs a statement as soon as there is a connection. Rejects with OVERLOADED where there is none in time, else as
   * Connection.run.
   */
  run (text: string, parameters: unknown[], conditions: Conditions): Promise<Row[]> {
    const { isRead, caller, standBack } = conditions
    // Else it would run into the deadline, which costs the connection.
    if (caller && performance.now() > caller.deadline - GRACE_MS) return Promise.reject(problem('OVERLOADED'))
    const connection = this.#take(isRead)
    if (connection) return this.#runOn(connection, text, parameters, conditions)
    const since = performance.now()
    return (isRead ? this.#reads : this.#writes).join().then((connection) => {
      this.#options.waited?.((performance.now() - since) / 1000)
      try {
        standBack?.()
      } catch (error) {
        this.#give(connection, isRead)
        throw error
      }
      return this.#runOn(connection, text, parameters, conditions)
    })
  }

  #runOn (
    connection: Connection, text: string, parameters: unknown[],
    { isRead, isOnlyParsed, caller, observe, within, follower }: Conditions
  ): Promise<Row[]> {
    const line = isRead ? this.#reads : this.#writes
    const share = caller?.share ?? ''
    line.begin(share)
    return connection.run(text, parameters, this.#options.limitMs, caller, isOnlyParsed, (ms) => {
      observe?.(ms / 1000)
      line.end(share)
      if (connection.cancelling) connection.cancelling.then(() => this.#give(connection, isRead))
      else this.#give(connection, isRead)
    }, within, follower)
  }

  /** Of a pool of one connection: its session now. */
  get session (): Session | undefined { return this.#all[0]!.session }

  /** Ends all sessions as they are, and whatever transactions they have open. */
  giveUp (reason: string): void { for (const connection of this.#all) connection.giveUp(reason) }

  /** Has the server parse a statement, without running it. */
  async describe (text: string): Promise<void> { await this.run(text, [], { isRead: true, isOnlyParsed: true }) }

  /**
   * From now on each new connection is connected and warmed before anybody needs it.
   *
   * @param text a statement that does nothing but have the server make plans
   */
  keepWarm (text: string): void { this.#warmText = text }

  async close (): Promise<void> {
    this.#stop()
    await Promise.all(this.#all.map(async (connection) => await connection.close()))
  }

  #take (isRead: boolean): Connection | undefined {
    if (this.#free.length === 0 || (!isRead && this.#writing >= this.#options.maxWrites)) return undefined
    if (!isRead) this.#writing++
    return this.#free.pop()
  }

  #give (connection: Connection, wasRead: boolean): void {
    if (!wasRead) this.#writing--
    this.#free.push(connection)
    this.#admit()
  }

  /** Whoever came first; but a write only as long as there is room for it. */
  #admit (): void {
    while (this.#free.length > 0) {
      const mayWrite = this.#writes.length > 0 && this.#writing < this.#options.maxWrites
      if (this.#reads.length === 0 && !mayWrite) return
      const isRead = !mayWrite || this.#reads.since <= this.#writes.since
      const connection = this.#free.pop()!
      const isTaken = (isRead ? this.#reads : this.#writes).admit(connection)
      // Else all who waited there are gone.
      if (!isTaken) this.#free.push(connection)
      else if (!isRead) this.#writing++
    }
  }

  #lookAfter (now: number): void {
    this.#reads.expire(now)
    this.#writes.expire(now)
    const silent: [Connection, Run][] = []
    for (const connection of this.#all) {
      const [oldest] = connection.runs
      if (!oldest) continue
      if ([...connection.runs].some(({ deadline }) => now > deadline)) {
        connection.giveUp('the database said nothing for too long')
      } else if (this.#depth === 1 && isOver(oldest, now)) {
        // Of several that run, nobody can say which one the server would cancel.
        connection.cancel(oldest)
      } else if (now - oldest.since > ASK_AFTER_MS && now - oldest.lookedAt > ASK_AGAIN_MS && oldest.query.state) {
        silent.push([connection, oldest])
      }
    }
    if (silent.length > 0) this.#askAfter(silent, now)
    this.#pingResting(now)
    this.#warm(now)
  }

  /**
   * Gives up the connections on which the server has nothing to do, as far as it knows, while we wait for its response.
   */
  async #askAfter (silent: [Connection, Run][], now: number): Promise<void> {
    const { findWorking } = this.#options
    if (!findWorking || this.#isAsking) return
    this.#isAsking = true
    try {
      const working = await findWorking(silent.map(([, run]) => run.query.state!.pid))
      for (const [connection, run] of silent) {
        if (!connection.runs.has(run)) continue
        const isIdle = !working.has(run.query.state!.pid) && run.received === connection.bytesRead
        run.seenIdle = isIdle ? run.seenIdle + 1 : 0
        run.received = connection.bytesRead
        run.lookedAt = now
        if (run.seenIdle >= SEEN_IDLE) connection.giveUp('the connection says nothing any more')
      }
    } catch {
      // The server cannot be asked: then the deadline has to do.
    } finally {
      this.#isAsking = false
    }
  }

  /**
   * Connects and warms one of the free connections that are new: one at a time, so that requests find another. Who has
   * to wait for this one waits no longer than its own first statement would take.
   */
  #warm (now: number): void {
    if (this.#warmText === undefined || now < this.#warmAt) return
    const connection = this.#free.find(({ isWarm, runs }) => !isWarm && runs.size === 0)
    if (!connection) return
    this.#free.splice(this.#free.indexOf(connection), 1)
    this.#warmAt = Infinity
    connection.run(this.#warmText, [], WARM_MS).then(() => {
      connection.isWarm = true
      this.#warmAt = 0
    }, () => { this.#warmAt = performance.now() + WARM_AGAIN_MS }).finally(() => this.#give(connection, true))
  }

  /** A connection can die while nothing runs on it, and a proxy's word that it lives is worth nothing. */
  #pingResting (now: number): void {
    const resting = this.#free.filter(
      ({ isOpen, lastUsed, runs }) => isOpen && runs.size === 0 && now - lastUsed > REST_MS
    )
    for (const connection of new Set(resting)) {
      this.#free.splice(this.#free.indexOf(connection), 1)
      connection.run(this.#options.askText, [], PING_MS).catch(() => {}).finally(() => this.#give(connection, true))
    }
  }
}

/** Its time is nearly over, or nobody waits for it. */
const isOver = ({ deadline, caller }: Run, now: number) => now > deadline - GRACE_MS ||
  (caller?.isReading && caller.isGone)
