import { problem, type ErrorCode } from '../common/problems.ts'
import { callers, type Caller } from './caller.ts'
import { FairQueue } from './fair-queue.ts'

interface Waiting<Place> {
  admit: (place: Place) => void,
  refuse: (error: Error) => void,
  until: number,
  caller: Caller | undefined
}

/**
 * Those who wait for a place: a bounded number, each for a bounded time, each address with its share (fair-queue.ts).
 * Whoever comes on top is told at once (503 OVERLOADED); whoever has hung up is ignored.
 */
export class Line<Place> {
  readonly #queue: FairQueue<Waiting<Place>>
  readonly #maxWaitMs: number
  readonly #tooLate: ErrorCode

  /** @param tooLate what those are told who waited in vain */
  constructor (maxWaiting: number, maxWaitMs: number, tooLate: ErrorCode = 'OVERLOADED') {
    this.#queue = new FairQueue(maxWaiting)
    this.#maxWaitMs = maxWaitMs
    this.#tooLate = tooLate
  }

  get length (): number { return this.#queue.size }

  /** When the first one came. */
  get since (): number { return this.#queue.since }

  /** @param until the latest moment to wait for, by `performance.now()` */
  async join (until = Infinity): Promise<Place> {
    const caller = callers.getStore()
    const since = performance.now()
    return await new Promise((resolve, reject) => {
      const latest = Math.min(until, since + this.#maxWaitMs, caller?.deadline ?? Infinity)
      const waiting = { admit: resolve, refuse: reject, until: latest, caller }
      this.#queue.add(caller?.share ?? '', waiting, since)?.refuse(problem('OVERLOADED'))
    })
  }

  /** Gives the place to the one whose turn it is and who is still there; false where nobody is. */
  admit (place: Place): boolean {
    for (let waiting = this.#queue.next(); waiting; waiting = this.#queue.next()) {
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
    for (const { refuse, caller } of this.#queue.take(({ until, caller }) => until <= now || caller?.isGone === true)) {
      refuse(problem(caller?.isGone ? 'CALLER_GONE' : this.#tooLate))
    }
  }

  /** A task of this share has its place and begins: the more of an address run, the later its next turn comes. */
  begin (share: string): void { this.#queue.begin(share) }

  /** It is over. */
  end (share: string): void { this.#queue.end(share) }
}
