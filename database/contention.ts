import { Line } from './line.ts'

/** How many may wait for one and the same row at once, however wanted it is: enough to be there when it is let go. */
const FEWEST = 2

/** How long a failure is held against a row, and a row that nobody asks for stays under guard. */
const MEMORY_MS = 2000

interface Guard { allowed: number, running: number, line: Line<void>, usedAt: number }

/** What in a statement's parameters may name a row: products in JSON, UUIDs, numbers by themselves. */
const NAMES = /"product_id": ?"?\d+|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|^\d{1,18}$/g

/** Longer parameters name too much to be of use. */
const MOST_TEXT = 20_000

/** The rows that parameters name, as far as one can tell from outside. */
export function namesIn (parameters: unknown[]): string[] {
  return [...new Set(parameters.flatMap((parameter) => {
    if (typeof parameter === 'number') return [String(parameter)]
    return typeof parameter === 'string' && parameter.length <= MOST_TEXT ? parameter.match(NAMES) ?? [] : []
  }))]
}

/**
 * Lets rows that are locked cost those who want them, and nobody else. PostgreSQL says only that some lock was not to
 * be had in time; of what the statement names, the row is taken for locked that was named in most such failures since
 * it was last had. From then on a few at a time try for it, and the others wait here, where they take no connection.
 * Each success lets one more in, so a row that is merely in demand is soon open again.
 */
export class Contention {
  readonly #failures = new Map<string, { count: number, at: number }>()
  readonly #guards = new Map<string, Guard>()
  readonly #mostAllowed: number
  readonly #maxWaiting: number

  /** @param mostAllowed where so many are let in, the guard is over */
  constructor (mostAllowed: number, maxWaiting: number) {
    this.#mostAllowed = mostAllowed
    this.#maxWaiting = maxWaiting
  }

  /** Whether there is anything to heed: mostly not, and then nothing is to be done for a statement. */
  get isAny (): boolean { return this.#failures.size > 0 || this.#guards.size > 0 }

  /** Whether a row among these is under guard. */
  guards (names: string[]): boolean { return names.some((name) => this.#guards.has(name)) }

  /** How many rows are under guard. */
  get active (): number { return this.#guards.size }

  /** How many wait. */
  get waiting (): number { return [...this.#guards.values()].reduce((sum, { line }) => sum + line.length, 0) }

  /**
   * Waits until one more may try for a row among these; at once where none is guarded. The returned function is to be
   * called when the statement is over. Rejects with ROW_LOCKED where it is not its turn in time.
   *
   * @param until by `performance.now()`
   */
  async enter (names: string[], until: number): Promise<(() => void) | undefined> {
    const name = names.find((name) => this.#guards.has(name))
    if (name === undefined) return undefined
    const guard = this.#guards.get(name)!
    if (guard.running < guard.allowed && guard.line.length === 0) guard.running++
    else await guard.line.join(until)
    return () => {
      guard.running--
      this.#admit(guard)
    }
  }

  /** A statement that names these could not have a lock in time. */
  failed (names: string[]): void {
    const at = performance.now()
    let worst: string | undefined
    for (const name of names) {
      const count = (this.#failures.get(name)?.count ?? 0) + 1
      this.#failures.set(name, { count, at })
      if (worst === undefined || count > this.#failures.get(worst)!.count) worst = name
    }
    if (worst === undefined) return
    const guard = this.#guards.get(worst)
    if (guard) guard.allowed = FEWEST
    else {
      this.#guards.set(worst, {
        allowed: FEWEST, running: 0, line: new Line(this.#maxWaiting, MEMORY_MS, 'ROW_LOCKED'), usedAt: at
      })
    }
  }

  /** A statement that names these had all its locks: none of them is held for long. */
  succeeded (names: string[]): void {
    for (const name of names) {
      this.#failures.delete(name)
      const guard = this.#guards.get(name)
      if (!guard) continue
      guard.allowed++
      this.#admit(guard)
      if (guard.allowed >= this.#mostAllowed && guard.line.length === 0) this.#guards.delete(name)
    }
  }

  /** Refuses who waited too long, and forgets. */
  lookAfter (now: number): void {
    for (const [name, guard] of this.#guards) {
      guard.line.expire(now)
      if (guard.running > 0 || guard.line.length > 0) guard.usedAt = now
      else if (now - guard.usedAt > MEMORY_MS) this.#guards.delete(name)
    }
    for (const [name, { at }] of this.#failures) {
      if (now - at > MEMORY_MS && !this.#guards.has(name)) this.#failures.delete(name)
    }
  }

  #admit (guard: Guard): void {
    guard.usedAt = performance.now()
    while (guard.running < guard.allowed && guard.line.admit()) guard.running++
  }
}
