import { problem } from '../errors.ts'

interface Waiting { admit: () => void, refuse: (error: Error) => void, since: number }

/**
 * An admission queue: lets `limit` tasks run at once and a bounded number wait for a bounded time; whoever comes on top is told at
 * once (503 OVERLOADED). It stands before the connection pool, whose own queue knows no bounds and slows down when it is not
 * empty, and before password hashing.
 */
export class Gate {
  #free: number
  readonly #limit: number
  readonly #waiting = new Set<Waiting>()
  readonly #maxWaiting: number
  readonly #maxWaitMs: number

  constructor (limit: number, maxWaiting: number, maxWaitMs: number) {
    this.#free = limit
    this.#limit = limit
    this.#maxWaiting = maxWaiting
    this.#maxWaitMs = maxWaitMs
    // One timer for all who wait, not one each.
    setInterval(() => this.#expire(), 100).unref()
  }

  /** How many run now. */
  get active (): number { return this.#limit - this.#free }

  /** How many wait now. */
  get waiting (): number { return this.#waiting.size }

  /** Runs a task as soon as there is room. Rejects with OVERLOADED where there is none in time. */
  async run<T> (task: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await this.#wait()
    try {
      return await task()
    } finally {
      this.#leave()
    }
  }

  #wait (): Promise<void> {
    if (this.#waiting.size >= this.#maxWaiting) throw problem('OVERLOADED')
    return new Promise((resolve, reject) => {
      this.#waiting.add({ admit: resolve, refuse: reject, since: performance.now() })
    })
  }

  #leave (): void {
    const [next] = this.#waiting
    if (!next) {
      this.#free++
      return
    }
    this.#waiting.delete(next)
    next.admit()
  }

  #expire (): void {
    const deadline = performance.now() - this.#maxWaitMs
    // A Set keeps the order of arrival, so the first one in time ends the search.
    for (const waiting of this.#waiting) {
      if (waiting.since > deadline) return
      this.#waiting.delete(waiting)
      waiting.refuse(problem('OVERLOADED'))
    }
  }
}
