import { Type, type Static } from '@sinclair/typebox'
import type { Sql } from 'postgres'
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

/** So many looks back it is known where the primary was: the oldest tells that a replica is further behind. */
const MOST_SAMPLES = 400

/** How far a server is; over the watch, which does not wait for anybody's statements. */
export async function findPosition (watch: Watch): Promise<Position> {
  const [row] = await watch.run(FIND_POSITION, [])
  return row as Position
}

/** The same over a client that has just written. */
export async function positionOn (sql: Sql): Promise<string> {
  const [row] = await sql.unsafe<[Position]>(FIND_POSITION)
  return row.position
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
  #isAsking = false

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
      if (this.#isAsking || now - lookedAt < LOOK_EVERY_MS) return
      lookedAt = now
      this.#isAsking = true
      this.#ask().catch(() => {}).finally(() => { this.#isAsking = false })
    })
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

  async #ask (): Promise<void> {
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
  }
}
