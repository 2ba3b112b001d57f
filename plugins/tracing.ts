import { createRequire } from 'node:module'
import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Tracing } from '../common/tracing.ts'
import { readTraceparent, writeTraceparent } from '../common/traceparent.ts'
import { PROBES } from './pressure.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Traces, where OTEL_EXPORTER_OTLP_ENDPOINT names who receives them. */
    tracing: Tracing | null
  }
}

/** Asked all the time, and never worth a look. */
const UNTRACED = new Set([...PROBES, '/metrics'])

/** A receiver that is away is complained of once a minute, not for each batch. */
const SAY_AGAIN_MS = 60_000

/**
 * Which trace a request belongs to: it stands in its log lines and goes on to what the request leads to. Without
 * OTEL_EXPORTER_OTLP_ENDPOINT that is the caller's own, handed on as it came, and nothing of OpenTelemetry is loaded.
 */
export default fp(async (fastify) => {
  const {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_SERVICE_NAME: service, OTEL_TRACES_SAMPLER_ARG: ratio
  } = fastify.config
  const tracing = endpoint === undefined ? null : await start(endpoint)

  async function start (endpoint: string): Promise<Tracing> {
    const { Tracing } = await import('../common/tracing.ts')
    const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
    let saidAt = -Infinity
    const warn = (message: string) => {
      if (performance.now() - saidAt < SAY_AGAIN_MS) return
      saidAt = performance.now()
      fastify.log.warn({ reason: message }, 'traces are not received')
    }
    return new Tracing({ endpoint, service, version, ratio, warn })
  }

  const handOn = (request: FastifyRequest, traceparent: string) => {
    request.from.traceparent = traceparent
    ;(request.log as Logger).setBindings({ traceparent })
  }

  fastify.decorate('tracing', tracing)
  fastify.addHook('onRequest', (request, _reply, done) => {
    const given = request.headers.traceparent
    const route = request.routeOptions.url ?? 'none'
    if (tracing && !UNTRACED.has(route)) {
      const span = tracing.beginRequest(request.method, route, request.id, readTraceparent(given))
      request.from.span = span
      handOn(request, writeTraceparent(span.spanContext()))
    } else if (given !== undefined) {
      const parent = readTraceparent(given)
      if (parent) handOn(request, writeTraceparent(parent))
    }
    done()
  })
  if (!tracing) return
  fastify.addHook('onResponse', (request, reply, done) => {
    // None where the request was refused before (plugins/context.ts).
    const span = request.from?.span
    if (span) tracing.endRequest(span, reply.statusCode)
    done()
  })
  // Added early, so run late: after everything that makes spans has closed.
  fastify.addHook('onClose', async () => await tracing.end())
}, { name: 'tracing', dependencies: ['context'] })
