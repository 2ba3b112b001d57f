import { AsyncLocalStorage } from 'node:async_hooks'

/** On whose account the present request waits in queues: the address it comes from (plugins/infra/rate-limit.ts); jobs have none. */
export const shares = new AsyncLocalStorage<string>()

interface Place<Item> { item: Item, since: number }

/**
 * A bounded queue that nobody can fill for the others. The next one is of the share with the least running, in turn; when the queue is
 * full, the share with the most waiting loses its last one to a share with fewer. A share that is alone has it all.
 */
export class FairQueue<Item> {
  readonly #limit: number
  /** By share; the one whose turn was longest ago comes first. */
  readonly #waiting = new Map<string, Place<Item>[]>()
  readonly #running = new Map<string, number>()
  #size = 0

  constructor (limit: number) {
    this.#limit = limit
  }

  get size (): number { return this.#size }

  /** Returns who has no place now: the new one, or one that waited, or nobody. */
  add (share: string, item: Item, since: number): Item | undefined {
    const own = this.#waiting.get(share)
    let displaced: Item | undefined
    if (this.#size >= this.#limit) {
      const [longest, places] = [...this.#waiting].reduce((a, b) => b[1].length > a[1].length ? b : a)
      // Who has as many waiting as anybody, this one included, takes nobody's place.
      if (places.length <= (own?.length ?? 0) + 1) return item
      displaced = places.pop()!.item
      this.#size--
      if (places.length === 0) this.#waiting.delete(longest)
    }
    if (own) own.push({ item, since })
    else this.#waiting.set(share, [{ item, since }])
    this.#size++
    return displaced
  }

  /** Takes out the one whose turn it is. */
  next (): { share: string, item: Item } | undefined {
    let chosen: string | undefined
    let least = Infinity
    for (const share of this.#waiting.keys()) {
      const running = this.#running.get(share) ?? 0
      if (running < least) [chosen, least] = [share, running]
      if (least === 0) break
    }
    if (chosen === undefined) return undefined
    const places = this.#waiting.get(chosen)!
    const { item } = places.shift()!
    this.#size--
    this.#waiting.delete(chosen)
    if (places.length > 0) this.#waiting.set(chosen, places)
    return { share: chosen, item }
  }

  /** Takes out all who came before a moment. */
  * expire (before: number): Generator<Item> {
    for (const [share, places] of this.#waiting) {
      while (places.length > 0 && places[0]!.since < before) {
        this.#size--
        yield places.shift()!.item
      }
      if (places.length === 0) this.#waiting.delete(share)
    }
  }

  /** A task of this share begins to run. */
  begin (share: string): void {
    this.#running.set(share, (this.#running.get(share) ?? 0) + 1)
  }

  /** It has ended. */
  end (share: string): void {
    const running = this.#running.get(share)! - 1
    if (running === 0) this.#running.delete(share)
    else this.#running.set(share, running)
  }
}
