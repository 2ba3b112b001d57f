import type { Metric, MetricObjectWithValues, MetricValue } from 'prom-client'

/** Seconds; most requests and statements take one to ten milliseconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** How often each bucket was hit (the last: longer than all), and the seconds in all. */
export interface Counts { labels: Record<string, string | number>, hits: number[], sum: number }

/**
 * A histogram of seconds. One of prom-client's hashes the labels for each observation, a sixth of a request without a
 * statement; here whoever observes has the counts of its labels at hand. What is shown is the same, line by line.
 */
export class Histogram {
  readonly #all: Counts[] = []
  readonly #name: string
  readonly #help: string

  constructor (name: string, help: string) {
    this.#name = name
    this.#help = help
  }

  /** What prom-client's registry takes. */
  get metric (): Metric {
    const [name, help] = [this.#name, this.#help]
    return { name, help, get: async () => this.#shown(), reset: () => this.#all.splice(0) } as unknown as Metric
  }

  /** The counts of a set of labels that nobody has asked for before, for `observe`. */
  add (labels: Counts['labels']): Counts {
    const counts = { labels, hits: new Array(BUCKETS.length + 1).fill(0), sum: 0 }
    this.#all.push(counts)
    return counts
  }

  #shown (): MetricObjectWithValues<MetricValue<string>> {
    const name = this.#name
    const values = this.#all.flatMap(({ labels, hits, sum }) => {
      let total = 0
      const buckets = [...BUCKETS, '+Inf'].map((le, at) => {
        total += hits[at]!
        return { metricName: `${name}_bucket`, labels: { le, ...labels }, value: total }
      })
      return [
        ...buckets, { metricName: `${name}_sum`, labels, value: sum },
        { metricName: `${name}_count`, labels, value: total }
      ]
    })
    return {
      name, help: this.#help, type: 'histogram' as never, aggregator: 'sum', values: values as never, collect: () => {}
    }
  }
}

export function observe (counts: Counts, seconds: number): void {
  let at = 0
  while (at < BUCKETS.length && seconds > BUCKETS[at]!) at++
  counts.hits[at]!++
  counts.sum += seconds
}
