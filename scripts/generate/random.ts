/**
 * Random numbers that are the same on every machine, and can be had again: each belongs to a seed, a stream and a place
 * in it. So the same shop can be walked twice without being kept.
 */
export class Random {
  #state: number

  constructor (seed: number, stream: number, place = 0) {
    this.#state = mix(mix(mix(seed) ^ stream) ^ place)
  }

  /** From 0 to before 1 (mulberry32). */
  next (): number {
    this.#state = (this.#state + 0x6D2B79F5) | 0
    return mix(this.#state) / 2 ** 32
  }

  /** A whole number from `low` to `high`, both included. */
  whole (low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  chance (share: number): boolean {
    return this.next() < share
  }

  pick<T> (list: readonly T[]): T {
    return list[Math.floor(this.next() * list.length)]!
  }

  /** Normally distributed around 0, with a standard deviation of 1 (Box and Muller). */
  normal (): number {
    return Math.sqrt(-2 * Math.log(1 - this.next())) * Math.cos(2 * Math.PI * this.next())
  }

  /** One of the places of a list of weights. */
  weighted (weights: readonly number[]): number {
    let at = this.next() * weights.reduce((sum, weight) => sum + weight, 0)
    const found = weights.findIndex((weight) => (at -= weight) < 0)
    return found < 0 ? weights.length - 1 : found
  }
}

function mix (value: number): number {
  let t = Math.imul(value ^ (value >>> 15), 1 | value)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return (t ^ (t >>> 14)) >>> 0
}

/**
 * Shares out a number of things by weights that come one after the other, exactly: the parts of all places are the
 * whole.
 */
export class Shares {
  readonly #whole: number
  readonly #weight: number
  #before = 0
  #given = 0

  constructor (whole: number, weight: number) {
    this.#whole = whole
    this.#weight = weight
  }

  next (weight: number): number {
    this.#before += weight
    // The last one's sum may differ from the whole by what is lost in adding.
    const until = Math.min(this.#whole, Math.floor(this.#whole * this.#before / this.#weight + 1e-6))
    const part = until - this.#given
    this.#given = until
    return part
  }
}

/** A walk over 0 to before `count` that meets each number once, in no order that one sees. */
export function scattered (count: number): (place: number) => number {
  let step = Math.floor(count * 0.6180339887) | 1
  while (step > 1 && divisor(step, count) !== 1) step += 2
  return (place) => Number((BigInt(place) * BigInt(step)) % BigInt(count))
}

function divisor (a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b)
}
