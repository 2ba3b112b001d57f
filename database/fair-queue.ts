interface Place<Item> { item: Item, since: number }

/**
 * A bounded queue that nobody can fill for the others. The next one is of the share with the least running, in turn;
 * when the queue is full, the share with the most waiting loses its last one to a share with fewer. A share that is
 * alone has it all.
 */
export class FairQueue<Item> {
  /** How many may wait. */
  limit: number
  /** By share; the one whose turn was longest ago comes first. */
  readonly #waiting = new Map<string, Place<Item>[]>()
  readonly #running = new Map<string, number>()
  #size = 0

  constructor (limit: number) {
    this.limit = limit
  }

  get size (): number { return this.#size }

  /** Returns who has no place now: the new one, or one that waited, or nobody. */
  add (share: string, item: Item, since: number): Item | undefined {
    const own = this.#waiting.get(share)
    let displaced: Item | undefined
    if (this.#size >= this.limit) {
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

  /** Since when the first one waits; Infinity where nobody does. */
  get since (): number {
    let since = Infinity
    for (const [first] of this.#waiting.values()) since = Math.min(since, first!.since)
    return since
  }

  /** Takes out the one whose turn it is. */
  next (): Item | undefined {
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
    return item
  }

  /** Takes out all of whom this is true. */
  take (isOver: (item: Item) => boolean): Item[] {
    const taken: Item[] = []
    for (const [share, places] of this.#waiting) {
      const rest = places.filter(({ item }) => !isOver(item))
      if (rest.length === places.length) continue
      taken.push(...places.filter((place) => !rest.includes(place)).map(({ item }) => item))
      if (rest.length > 0) this.#waiting.set(share, rest)
      else this.#waiting.delete(share)
    }
    this.#size -= taken.length
    return taken
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
