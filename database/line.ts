import { problem, type ErrorCode } from '../common/problems.ts'
import { callers, type Caller } from './caller.ts'
import { FairQueue } from './fair-queue.ts'

interface Waiting<Place> {
  admit: (place: Place) => void,
  refuse: (error: Error) => void,
  until: number,
  caller: Caller | undefined
}

/** Of the time between two places becoming free, the last one counts a twentieth. */
const WEIGHT = 0.05

/** How long a line may be: at least so many, and as many as get their turn within a time at the pace of late. */
export interface Pace { least: number, withinMs: number }

/**
 * Those who wait for a place: a bounded number, each for a bounded time, each address with its share (fair-queue.ts).
 * Whoever comes on top is told at once (503 OVERLOADED); whoever has hung up is ignored.
 */
export class Line<Place> {
  readonly #queue: FairQueue<Waiting<Place>>
  readonly #maxWaitMs: number
  readonly #tooLate: ErrorCode
  readonly #maxWaiting: number
  readonly #pace: Pace | undefined
  /** Milliseconds between two turns while somebody waits. */
  #interval = 0
  #lastTurn = 0

  /**
   * @param tooLate what those are told who waited in vain
   * @param pace told at once is also who would wait longer than that: under five times the load a line of a fixed
   * length is always full, and everybody in it waits until the time is over
   */
  constructor (maxWaiting: number, maxWaitMs: number, tooLate: ErrorCode = 'OVERLOADED', pace?: Pace) {
    this.#maxWaiting = maxWaiting
    this.#pace = pace
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
      // The pace of a line that begins anew is not known yet.
      if (this.#queue.size === 0) this.#lastTurn = since
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
      this.#keepPace()
      waiting.admit(place)
      return true
    }
    return false
  }

  #keepPace (): void {
    if (!this.#pace) return
    const now = performance.now()
    this.#interval += WEIGHT * (now - this.#lastTurn - this.#interval)
    this.#lastTurn = now
    const { least, withinMs } = this.#pace
    this.#queue.limit = Math.max(Math.min(least, this.#maxWaiting),
      Math.min(this.#maxWaiting, Math.floor(withinMs / Math.max(this.#interval, 0.01))))
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
