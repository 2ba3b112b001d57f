import { createRequire } from 'node:module'
import fp from 'fastify-plugin'
import type { Registry } from 'prom-client'
import { callers } from '../database/caller.ts'
import { schemaVersion } from '../database/migration/index.ts'
import { Durations } from '../common/durations.ts'
import { Histogram, observe, type Counts } from '../common/histogram.ts'
import { ERRORS, type ErrorCode } from '../common/problems.ts'
import { within } from '../common/within.ts'

type Client = typeof import('prom-client')

/** Adds a metric to the library's. */
type Definition = (client: Client, register: Registry) => void

/** What a gauge may take to read. Prometheus gives up on all of a scrape after 10 s; whoever debugs, much sooner. */
const READ_MS = 1500

/** An admission queue: how many it has let in, and how many wait. */
interface Watched { active: number, waiting: number }

/** A pool of connections: how many statements it runs at most, how many it runs, and how many wait. */
interface WatchedPool extends Watched { places: number }

/** One value, or values by what tells them apart. */
type Values = number | Record<string, number>

declare module 'fastify' {
  interface FastifyInstance {
    metrics: {
      /** Everything measured, in Prometheus' text format, with its content type. */
      read (): Promise<{ contentType: string, text: string }>
      /**
       * Adds a gauge that is read when somebody asks. What cannot be had within READ_MS is left out.
       *
       * @param name with `db_service_` in front, and its unit as the last word where it has one
       * @param label what several values are told apart by: never an id or an address
       */
      gauge (name: string, help: string, read: () => Values | Promise<Values>, label?: string): void
      /**
       * Adds a counter. The returned function counts one, or several.
       *
       * @param known values of the label that are shown from the beginning, so that the first one is seen as a rise
       */
      counter (
        name: string, help: string, label: string, known?: readonly string[]
      ): (value: string, by?: number) => void
      /** Adds a histogram of seconds. Gives for a value of its label the function that observes. */
      histogram (name: string, help: string, label: string): (value: string) => (seconds: number) => void
      /** Shows how many an admission queue has let in, and how many wait. */
      watchGate (name: string, gate: Watched): void
      /** Shows how much of a pool is in use. */
      watchPool (name: string, pool: WatchedPool): void
      /** A request was refused. */
      refused (code: ErrorCode): void
    }
  }
}

/**
 * Measures requests by route and status, the process, and what other plugins add. Shown by
 * routes/operations/metrics.ts.
 */
export default fp(async (fastify) => {
  // The library is loaded when the gateway is ready, or somebody asks; what is measured is counted before.
  let loaded: ReturnType<typeof load> | undefined
  fastify.addHook('onListen', async () => { loaded ??= load() })
  /** What is to be shown and the library has not been told of. */
  const added: Definition[] = [showBuild(await schemaVersion())]

  const durations = new Durations()
  added.push((_client, register) => register.registerMetric(durations.histogram.metric))
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

  const gauge = (name: string, help: string, read: () => Values | Promise<Values>, label = 'name') => {
    added.push(({ Gauge }, register) => {
      const gauge = new Gauge({
        name,
        help,
        labelNames: [label],
        registers: [register],
        collect: async () => {
          // As a job: on room of its own, whatever requests wait for. The rest is worth showing without it.
          const values = await within(READ_MS, callers.exit(async () => await read())).catch(() => undefined)
          gauge.reset()
          if (typeof values === 'number') gauge.set(values)
          else for (const [value, number] of Object.entries(values ?? {})) gauge.set({ [label]: value }, number)
        }
      })
    })
  }

  const counter = (name: string, help: string, label: string, known: readonly string[] = []) => {
    // The library's would hash the label each time.
    const counts = new Map(known.map((value) => [value, 0]))
    added.push(({ Counter }, register) => {
      const counter = new Counter({
        name,
        help,
        labelNames: [label],
        registers: [register],
        collect: () => {
          counter.reset()
          for (const [value, count] of counts) counter.inc({ [label]: value }, count)
        }
      })
    })
    return (value: string, by = 1) => { counts.set(value, (counts.get(value) ?? 0) + by) }
  }

  const histogram = (name: string, help: string, label: string) => {
    const histogram = new Histogram(name, help)
    added.push((_client, register) => register.registerMetric(histogram.metric))
    const observers = new Map<string, (seconds: number) => void>()
    return (value: string) => {
      const known = observers.get(value)
      if (known) return known
      // Shown from the first observation on: not every statement is ever run.
      let counts: Counts | undefined
      const observer = (seconds: number) => { observe(counts ??= histogram.add({ [label]: value }), seconds) }
      observers.set(value, observer)
      return observer
    }
  }

  function watch<Each extends Watched> (
    label: string, shown: [name: string, help: string, read: (each: Each) => number][]
  ) {
    const watched = new Map<string, Each>()
    for (const [name, help, read] of shown) {
      gauge(name, help, () => Object.fromEntries([...watched].map(([name, each]) => [name, read(each)])), label)
    }
    return (name: string, each: Each) => { watched.set(name, each) }
  }

  fastify.decorate('metrics', {
    read: async () => {
      const { client, register } = await (loaded ??= load())
      for (const define of added.splice(0)) define(client, register)
      return { contentType: register.contentType, text: await register.metrics() }
    },
    gauge,
    counter,
    histogram,
    watchGate: watch('gate', [
      ['db_service_gate_active', 'Tasks that an admission queue has let in', ({ active }) => active],
      ['db_service_gate_waiting', 'Tasks that wait in an admission queue', ({ waiting }) => waiting]
    ]),
    watchPool: watch<WatchedPool>('pool', [
      ['db_service_pool_places', 'Statements that a pool of connections runs at most', ({ places }) => places],
      ['db_service_pool_active', 'Statements that a pool of connections runs', ({ active }) => active],
      ['db_service_pool_waiting', 'Statements that wait for a connection', ({ waiting }) => waiting]
    ]),
    refused: counter('db_service_refusals_total', 'Requests that were refused, by the code of the problem', 'code',
      Object.keys(ERRORS))
  })
}, { name: 'metrics', dependencies: ['context'] })

async function load (): Promise<{ client: Client, register: Registry }> {
  const client = await import('prom-client')
  const register = new client.Registry()
  client.collectDefaultMetrics({ register })
  return { client, register }
}

/** What runs here: a value of 1 whose labels tell. */
function showBuild (schema: number): Definition {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
  return ({ Gauge }, register) => {
    new Gauge({
      name: 'db_service_build_info',
      help: 'The release of the gateway, the schema it was written for, and its Node.js',
      labelNames: ['version', 'schema', 'node'],
      registers: [register]
    }).set({ version, schema, node: process.version }, 1)
  }
}
