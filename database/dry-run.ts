import { problem } from '../common/problems.ts'
import type { Caller, Rehearsal } from './caller.ts'
import type { Row, Session } from './connection.ts'
import { Gate } from './gate.ts'
import type { Conditions, Pool } from './pool.ts'

/** The server ends a transaction of which it hears nothing for so long: its locks must not outlive a lost gateway. */
const IDLE_LIMIT = "set local idle_in_transaction_session_timeout = '10s'"

interface Transaction { pool: Pool, session: Session | undefined }

/**
 * The connections of dry runs, which keep theirs from the first write to the response. Each is a pool of one, so that
 * it is looked after as every other.
 */
export class DryRuns {
  readonly #free: Pool[]
  readonly gate: Gate

  constructor (pools: Pool[], maxWaiting: number, maxWaitMs: number) {
    this.#free = pools
    this.gate = new Gate(pools.length, maxWaiting, maxWaitMs)
  }

  /** Lends a connection for as long as the work lasts. Rejects with OVERLOADED where there is none in time. */
  async lend (work: (pool: Pool) => Promise<void>): Promise<void> {
    await this.gate.run(async () => {
      const pool = this.#free.pop()!
      await work(pool).finally(() => this.#free.push(pool))
    })
  }
}

/**
 * A request that keeps nothing: from its first write on, all its statements run in one transaction, which nothing can
 * commit. Each has a savepoint, so that it can be refused, or tried again, as outside. In place of a pool
 * (statements.ts).
 */
export class DryRun implements Rehearsal {
  readonly #room: DryRuns
  readonly #onBegin: () => void
  readonly #end: () => void
  readonly #ended: Promise<void>
  #transaction: Promise<Transaction> | undefined
  #over: Promise<unknown> = Promise.resolve()
  #last: Promise<unknown> = Promise.resolve()
  #isOver = false

  constructor (room: DryRuns, onBegin: () => void) {
    this.#room = room
    this.#onBegin = onBegin
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#ended = promise
    this.#end = resolve
  }

  get isBegun (): boolean { return this.#transaction !== undefined }

  /** Runs a statement after those that were there before. Rejects as Pool.run. */
  run (text: string, parameters: unknown[], conditions: Conditions): Promise<Row[]> {
    this.#transaction ??= this.#begin(conditions.caller)
    const running = this.#last.then(async () => await this.#run(text, parameters, conditions))
    this.#last = running.catch(() => {})
    return running
  }

  async end (): Promise<void> {
    this.#isOver = true
    this.#end()
    await this.#over
  }

  async #run (text: string, parameters: unknown[], { isRead, caller }: Conditions): Promise<Row[]> {
    const { pool, session } = await this.#transaction!
    if (this.#isOver) throw problem('TIMEOUT')
    const ask = async (text: string, parameters: unknown[] = []) =>
      await pool.run(text, parameters, { isRead: true, caller, within: session })
    await ask('savepoint statement')
    try {
      const rows = await ask(text, parameters)
      if (!isRead) {
        // Triggers and checks that wait for the commit, which never comes.
        await ask('set constraints all immediate')
        await ask('set constraints all deferred')
      }
      return rows
    } catch (error) {
      // Where that fails, too, the transaction stays failed, or is gone.
      await ask('rollback to savepoint statement').catch(() => {})
      throw error
    }
  }

  #begin (caller: Caller | undefined): Promise<Transaction> {
    this.#onBegin()
    return new Promise((resolve, reject) => {
      this.#over = this.#room.lend(async (pool) => {
        try {
          await pool.run('begin', [], { isRead: true, caller })
          const { session } = pool
          await pool.run(IDLE_LIMIT, [], { isRead: true, caller, within: session })
          resolve({ pool, session })
          await this.#ended
          await pool.run('rollback', [], { isRead: true, within: session })
        } catch (error) {
          // Whatever happened: a session that is gone has rolled back.
          pool.giveUp('a dry run did not end as it should')
          reject(error)
        }
      }).catch(reject)
    })
  }
}
