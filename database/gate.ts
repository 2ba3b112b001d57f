import { callers } from './caller.ts'
import { Line } from './line.ts'

/**
 * An admission queue: lets `limit` tasks run at once and a bounded number wait for a bounded time. It stands before
 * password hashing and callers' own statements; the connection pool has one of its own (pool.ts).
 */
export class Gate {
  #free: number
  readonly #limit: number
  readonly #line: Line<void>

  constructor (limit: number, maxWaiting: number, maxWaitMs: number) {
    this.#free = limit
    this.#limit = limit
    this.#line = new Line(maxWaiting, maxWaitMs)
    // One timer for all who wait, not one each.
    setInterval(() => this.#line.expire(performance.now()), 100).unref()
  }

  /** How many run now. */
  get active (): number { return this.#limit - this.#free }

  /** How many wait now. */
  get waiting (): number { return this.#line.length }

  /** Runs a task as soon as there is room. Rejects with OVERLOADED where there is none in time. */
  async run<T> (task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await this.#line.join()
    const share = callers.getStore()?.share ?? ''
    this.#line.begin(share)
    try {
      return await task()
    } finally {
      this.#line.end(share)
      if (!this.#line.admit()) this.#free++
    }
  }
}
