import type { FastifyReply, FastifyRequest } from 'fastify'
import { Histogram, observe, type Counts } from './histogram.ts'

/** The histogram of requests by method, route and status. */
export class Durations {
  readonly histogram = new Histogram('http_request_duration_seconds',
    'From a request’s first line to its response’s last byte')

  /** Makes an onResponse hook that counts the requests of a route. */
  counterOf (route: string) {
    const byMethod: Record<string, Counts[]> = {}
    return ({ method }: FastifyRequest, reply: FastifyReply, done: () => void): void => {
      const { statusCode: status } = reply
      const byStatus = (byMethod[method] ??= [])
      const counts = (byStatus[status] ??= this.histogram.add({ method, route, status }))
      observe(counts, reply.elapsedTime / 1000)
      done()
    }
  }
}
