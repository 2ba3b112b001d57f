import type { FastifyReply, FastifyRequest } from 'fastify'
import type { MetricObjectWithValues, MetricValue, Registry } from 'prom-client'

/** Seconds; most requests take one to ten milliseconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

const NAME = 'http_request_duration_seconds'
const HELP = 'From a request’s first line to its response’s last byte'

/** How often each bucket was hit (the last: longer than all), and the seconds in all. */
interface Counts { method: string, route: string, status: number, hits: number[], sum: number }

/**
 * The histogram of requests by method, route and status. A histogram of prom-client's hashes the labels for each
 * observation, a sixth of a request without a statement; here the counters of a route are at hand. What is shown is the
 * same, line by line.
 */
export class Durations {
  readonly #all: Counts[] = []

  constructor (register: Registry) {
    const metric = { name: NAME, help: HELP, get: async () => this.#shown(), reset: () => this.#all.splice(0) }
    register.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0])
  }

  /** Makes an onResponse hook that counts the requests of a route. */
  counterOf (route: string) {
    const byMethod: Record<string, Counts[]> = {}
    return ({ method }: FastifyRequest, reply: FastifyReply, done: () => void): void => {
      const { statusCode: status } = reply
      const byStatus = (byMethod[method] ??= [])
      const counts = (byStatus[status] ??= this.#add({
        method, route, status, hits: new Array(BUCKETS.length + 1).fill(0), sum: 0
      }))
      observe(counts, reply.elapsedTime / 1000)
      done()
    }
  }

  #add (counts: Counts): Counts {
    this.#all.push(counts)
    return counts
  }

  #shown (): MetricObjectWithValues<MetricValue<string>> {
    const values = this.#all.flatMap(({ method, route, status, hits, sum }) => {
      const labels = { method, route, status }
      let total = 0
      const buckets = [...BUCKETS, '+Inf'].map((le, at) => {
        total += hits[at]!
        return { metricName: `${NAME}_bucket`, labels: { le, ...labels }, value: total }
      })
      return [
        ...buckets, { metricName: `${NAME}_sum`, labels, value: sum },
        { metricName: `${NAME}_count`, labels, value: total }
      ]
    })
    return {
      name: NAME, help: HELP, type: 'histogram' as never, aggregator: 'sum', values: values as never, collect: () => {}
    }
  }
}

function observe (counts: Counts, seconds: number): void {
  let at = 0
  while (at < BUCKETS.length && seconds > BUCKETS[at]!) at++
  counts.hits[at]!++
  counts.sum += seconds
}
