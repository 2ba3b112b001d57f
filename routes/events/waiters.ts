import { problem } from '../../common/problems.ts'

/** Each is an open connection of a caller, and nothing else. */
const MOST = 1000

/** Callers that wait for events. They hold no connection to the database: one look for all of them is enough. */
export class Waiters {
  readonly #waiting = new Set<() => void>()
  #isClosed = false

  /** Resolves when released, after `seconds`, or when `signal` is aborted. Rejects with OVERLOADED. */
  async wait (seconds: number, signal: AbortSignal): Promise<void> {
    if (this.#isClosed || signal.aborted) return
    if (this.#waiting.size >= MOST) throw problem('OVERLOADED')
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, seconds * 1000)
    signal.addEventListener('abort', () => resolve(), { once: true })
    this.#waiting.add(resolve)
    await promise
    clearTimeout(timer)
    this.#waiting.delete(resolve)
  }

  release (): void {
    for (const resolve of this.#waiting) resolve()
  }

  /** From now on nobody waits. */
  close (): void {
    this.#isClosed = true
    this.release()
  }
}
