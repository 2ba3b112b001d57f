import { Type, type Static } from '@sinclair/typebox'
import { statementTexts } from './statements.ts'
import { everyTick } from './ticks.ts'
import type { Watch } from './watch.ts'

const FIND_POSITION = statementTexts.get('gateway/position')!

/** sql/gateway/position.sql. Positions compare as text. */
export const PositionRow = Type.Object({
  position: Type.String(), is_standby: Type.Boolean(), server: Type.String()
})
type Position = Static<typeof PositionRow>

/** A position as callers carry it: a `Consistency-Token`. */
export const TOKEN = /^[0-9a-f]{16}$/

/** How often primary and replicas are asked how far they are, where there are replicas. */
export const LOOK_EVERY_MS = 200

/** Questions follow each other at this pace: under load many writes share one, which costs as much as a read. */
const GATHER_MS = 1

/** So many looks back it is known where the primary was: the oldest tells that a replica is further behind. */
const MOST_SAMPLES = 400

/** How far a server is; over the watch, which does not wait for anybody's statements. */
export async function findPosition (watch: Watch): Promise<Position> {
  const [row] = await watch.run(FIND_POSITION, [])
  return row as Position
}

/**
 * Where the primary is in its log (WAL): what a write is told for later reads, and since when a replica has all that
 * there was.
 */
export class Positions {
  readonly #watch: Watch
  /** What the primary had reached at the least at that time, the oldest first. */
  #samples: { position: string, at: number }[] = []
  #latest = ''
  #server = ''
  #askedAt = -Infinity
  #asking: Promise<unknown> | undefined
  #next: Promise<string> | undefined

  constructor (watch: Watch) {
    this.#watch = watch
  }

  /** Which process the primary is (sql/gateway/position.sql). */
  get server (): string { return this.#server }

  /** Whether the primary responded when last asked. */
  get isThere (): boolean { return this.#watch.isThere }

  /** From now on it is known of a replica's position how old it is. */
  keepLooking (): () => void {
    let lookedAt = 0
    return everyTick((now) => {
      if (this.#next || now - lookedAt < LOOK_EVERY_MS) return
      lookedAt = now
      this.after().catch(() => {})
    })
  }

  /**
   * A position after every commit that was acknowledged before the call. Those who ask while a question is under way,
   * which may have come before their commit, or within GATHER_MS of the last, share the next one.
   */
  after (): Promise<string> {
    this.#next ??= Promise.all([this.#asking, this.#pause()]).then(() => {
      this.#next = undefined
      this.#askedAt = performance.now()
      const asked = this.#ask()
      this.#asking = asked.catch(() => {})
      return asked
    })
    return this.#next
  }

  /** How old, in ms and at most, what a server has is that has come to this position. */
  ageOf (position: string, now: number): number {
    const sample = this.#samples.findLast((sample) => sample.position <= position)
    return sample ? now - sample.at : Infinity
  }

  /** Whether a server at this position has all that the primary is known to have had. */
  isLatest (position: string): boolean {
    return this.#latest !== '' && position >= this.#latest
  }

  /** Nobody waits who is alone. */
  #pause (): Promise<void> | undefined {
    if (performance.now() - this.#askedAt > GATHER_MS) return undefined
    return new Promise((resolve) => setTimeout(resolve, GATHER_MS))
  }

  async #ask (): Promise<string> {
    const at = performance.now()
    const { position, server } = await findPosition(this.#watch)
    // Another primary's log is another, but for what both have.
    if (server !== this.#server) this.#samples = []
    this.#server = server
    this.#latest = position
    const last = this.#samples.at(-1)
    if (last?.position === position) last.at = at
    else if (!last || at - last.at > LOOK_EVERY_MS / 2) this.#samples.push({ position, at })
    if (this.#samples.length > MOST_SAMPLES) this.#samples.shift()
    return position
  }
}
