import { problem } from '../errors.ts'
import { FairQueue, shares } from './fair-queue.ts'

interface Waiting { admit: () => void, refuse: (error: Error) => void }

/**
 * An admission queue: lets `limit` tasks run at once and a bounded number wait for a bounded time; whoever comes on top is told at
 * once (503 OVERLOADED), and each address has its share (fair-queue.ts). It stands before the connection pool, whose own queue knows no
 * bounds and slows down when it is not empty, and before password hashing.
 */
export class Gate {
  #free: number
  readonly #limit: number
  readonly #queue: FairQueue<Waiting>
  readonly #maxWaitMs: number

  constructor (limit: number, maxWaiting: number, maxWaitMs: number) {
    this.#free = limit
    this.#limit = limit
    this.#queue = new FairQueue(maxWaiting)
    this.#maxWaitMs = maxWaitMs
    // One timer for all who wait, not one each.
    setInterval(() => this.#expire(), 100).unref()
  }

  /** How many run now. */
  get active (): number { return this.#limit - this.#free }

  /** How many wait now. */
  get waiting (): number { return this.#queue.size }

  /** Runs a task as soon as there is room. Rejects with OVERLOADED where there is none in time. */
  async run<T> (task: () => Promise<T>): Promise<T> {
    const share = shares.getStore() ?? ''
    if (this.#free > 0) {
      this.#free--
      this.#queue.begin(share)
    } else await this.#wait(share)
    try {
      return await task()
    } finally {
      this.#queue.end(share)
      this.#leave()
    }
  }

  #wait (share: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#queue.add(share, { admit: resolve, refuse: reject }, performance.now())?.refuse(problem('OVERLOADED'))
    })
  }

  #leave (): void {
    const next = this.#queue.next()
    if (!next) {
      this.#free++
      return
    }
    this.#queue.begin(next.share)
    next.item.admit()
  }

  #expire (): void {
    for (const waiting of this.#queue.expire(performance.now() - this.#maxWaitMs)) waiting.refuse(problem('OVERLOADED'))
  }
}
