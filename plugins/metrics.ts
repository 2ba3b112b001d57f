import fp from 'fastify-plugin'
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import { callers } from '../database/caller.ts'
import { Durations } from '../common/durations.ts'

/** An admission queue: how many it has let in, and how many wait. */
interface Watched { active: number, waiting: number }

/** Values by what tells them apart: the gauge's label `name`. */
type Read = () => Record<string, number> | Promise<Record<string, number>>

declare module 'fastify' {
  interface FastifyInstance {
    metrics: {
      /** Everything measured, in Prometheus' text format, with its content type. */
      read (): Promise<{ contentType: string, text: string }>
      /**
       * Adds a gauge that is read when somebody asks.
       *
       * @param name in snake_case, with its unit as the last word where it has one
       */
      gauge (name: string, help: string, read: Read): void
      /** Shows how many an admission queue has let in, and how many wait. */
      watchGate (name: string, gate: Watched): void
    }
  }
}

/**
 * Measures requests by route and status, the process, and what other plugins add. Shown by
 * routes/operations/metrics.ts.
 */
export default fp(async (fastify) => {
  const register = new Registry()
  collectDefaultMetrics({ register })
  const durations = new Durations(register)
  // The route's pattern: of ids, and of addresses that are not there, there is no end.
  const counters = new Map<string, ReturnType<Durations['counterOf']>>()
  fastify.addHook('onRoute', (route) => {
    const count = counters.get(route.url) ?? durations.counterOf(route.url)
    counters.set(route.url, count)
    // A route for HEAD comes with the hooks of the one for GET.
    const others = [route.onResponse ?? []].flat().filter((hook) => hook !== count)
    route.onResponse = [...others, count]
  })
  const countUnknown = durations.counterOf('none')
  fastify.addHook('onResponse', (request, reply, done) => {
    if (request.is404) countUnknown(request, reply, done)
    else done()
  })

  const gauge = (name: string, help: string, read: Read) => {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['name'],
      registers: [register],
      collect: async () => {
        gauge.reset()
        // As a job: on room of its own, whatever requests wait for. What cannot be had now is left out; the rest is
        // worth showing.
        const values = await callers.exit(async () => Object.entries(await read())).catch(() => [])
        for (const [label, value] of values) gauge.set({ name: label }, value)
      }
    })
  }

  const gates = new Map<string, Watched>()
  const ofGates = (read: (gate: Watched) => number) => () => Object.fromEntries([...gates].map(
    ([name, gate]) => [name, read(gate)]
  ))
  gauge('gate_active', 'Tasks that an admission queue has let in', ofGates((gate) => gate.active))
  gauge('gate_waiting', 'Tasks that wait in an admission queue', ofGates((gate) => gate.waiting))

  fastify.decorate('metrics', {
    read: async () => ({ contentType: register.contentType, text: await register.metrics() }),
    gauge,
    watchGate: (name, gate) => { gates.set(name, gate) }
  })
}, { name: 'metrics', dependencies: ['context'] })
