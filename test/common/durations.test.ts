import type { FastifyReply, FastifyRequest } from 'fastify'
import { Histogram, Registry } from 'prom-client'
import t from 'tap'
import { Durations } from '../../common/durations.ts'

t.test('shows what a histogram of the library shows', async (t) => {
  const [ours, theirs] = [new Registry(), new Registry()]
  const durations = new Durations()
  ours.registerMetric(durations.histogram.metric)
  const histogram = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'From a request’s first line to its response’s last byte',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [theirs]
  })
  const counters = { '/products/:id': durations.counterOf('/products/:id'), none: durations.counterOf('none') }
  const seen: [string, keyof typeof counters, number, number][] = [
    ['GET', '/products/:id', 200, 1], ['GET', '/products/:id', 200, 1.5], ['HEAD', '/products/:id', 200, 2.5],
    ['GET', '/products/:id', 404, 90],
    ['GET', 'none', 404, 0.25], ['GET', '/products/:id', 200, 20_000]
  ]
  for (const [method, route, statusCode, elapsedTime] of seen) {
    counters[route]({ method } as FastifyRequest, { statusCode, elapsedTime } as FastifyReply, () => {})
    histogram.observe({ method, route, status: statusCode }, elapsedTime / 1000)
  }
  const lines = async (register: Registry) => (await register.metrics()).trim().split('\n').sort()
  t.strictSame(await lines(ours), await lines(theirs))
  t.ok((await lines(ours)).length > 4 * 14)
})
