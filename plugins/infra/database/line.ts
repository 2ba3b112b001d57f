import { problem, type ErrorCode } from '../errors.ts'
import { callers, type Caller } from './caller.ts'

interface Waiting<Place> { admit: (place: Place) => void, refuse: (error: Error) => void, since: number, until: number, caller: Caller | undefined }

/**
 * Those who wait for a place, in the order they came: a bounded number, each for a bounded time. Whoever comes on top is told at once
 * (503 OVERLOADED); whoever has hung up is passed over.
 */
export class Line<Place> {
  readonly #waiting = new Set<Waiting<Place>>()
  readonly #maxWaiting: number
  readonly #maxWaitMs: number
  readonly #tooLate: ErrorCode

  /** @param tooLate what those are told who waited in vain */
  constructor (maxWaiting: number, maxWaitMs: number, tooLate: ErrorCode = 'OVERLOADED') {
    this.#maxWaiting = maxWaiting
    this.#maxWaitMs = maxWaitMs
    this.#tooLate = tooLate
  }

  get length (): number { return this.#waiting.size }

  /** When the first one came. */
  get since (): number {
    const [first] = this.#waiting
    return first?.since ?? Infinity
  }

  /** @param until the latest moment to wait for, by `performance.now()` */
  join (until = Infinity): Promise<Place> {
    if (this.#waiting.size >= this.#maxWaiting) throw problem('OVERLOADED')
    const caller = callers.getStore()
    const since = performance.now()
    return new Promise((resolve, reject) => {
      const latest = Math.min(until, since + this.#maxWaitMs, caller?.deadline ?? Infinity)
      this.#waiting.add({ admit: resolve, refuse: reject, since, until: latest, caller })
    })
  }

  /** Gives the place to the first one who is still there; false where nobody is. */
  admit (place: Place): boolean {
    for (const waiting of this.#waiting) {
      this.#waiting.delete(waiting)
      if (waiting.caller?.isGone) {
        waiting.refuse(problem('CALLER_GONE'))
        continue
      }
      waiting.admit(place)
      return true
    }
    return false
  }

  /** Refuses those whose time is over, or who are gone. */
  expire (now: number): void {
    for (const waiting of this.#waiting) {
      const isGone = waiting.caller?.isGone === true
      if (!isGone && waiting.until > now) continue
      this.#waiting.delete(waiting)
      waiting.refuse(problem(isGone ? 'CALLER_GONE' : this.#tooLate))
    }
  }
}
