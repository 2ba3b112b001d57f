/** Small statistics: of a few rounds, on a machine that does other things too. */

export function median (values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** How far the rounds lie apart: half of them are within this part of the median, or nearer. */
export function noise (values: number[]): number {
  const middle = median(values)
  return middle === 0 ? 0 : median(values.map((value) => Math.abs(value - middle))) / middle
}

/** One round of one gateway. Processor times are in µs for each request; null: not known. */
export interface Round {
  perSecond: number
  p50: number
  p99: number
  gateway: number | null
  database: number | null
  generator: number
  /** The part of the machine that others used meanwhile. */
  others: number | null
}

export interface Figures extends Round {
  /** Of the requests a second. */
  noise: number
}

/** The medians of all rounds. */
export function figuresOf (rounds: Round[]): Figures {
  const of = (read: (round: Round) => number | null): number | null => {
    const values = rounds.map(read)
    return values.includes(null) ? null : median(values as number[])
  }
  return {
    perSecond: of(({ perSecond }) => perSecond)!,
    p50: of(({ p50 }) => p50)!,
    p99: of(({ p99 }) => p99)!,
    gateway: of(({ gateway }) => gateway),
    database: of(({ database }) => database),
    generator: of(({ generator }) => generator)!,
    others: of(({ others }) => others),
    noise: noise(rounds.map(({ perSecond }) => perSecond))
  }
}

/** The median of what a pair of rounds, one after the other, have as ratio: what disturbs both does not count. */
export function ratioOf (ours: Round[], theirs: Round[], read: (round: Round) => number | null): number | null {
  const ratios = ours.flatMap((round, n) => {
    const [above, below] = [read(round), theirs[n] && read(theirs[n])]
    return above !== null && below ? [above / below] : []
  })
  return ratios.length === 0 ? null : median(ratios)
}
