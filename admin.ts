import Fastify, { LogController, type FastifyInstance } from 'fastify'
import { serverOptions } from './options.ts'
import errors from './plugins/errors.ts'
import { openFace } from './routes/faces/open.ts'
import { showMetrics } from './routes/operations/metrics.ts'
import probeRoutes from './routes/operations/probes.ts'

/** Probes and scrapes are few; whoever opens more has lost its way. */
const MAX_CONNECTIONS = 100

/** What the routes here ask the gateway for. */
const SHARED = ['config', 'database', 'jobs', 'metrics', 'draining'] as const

/**
 * Probes and metrics on ADMIN_PORT: apart from the shop's traffic, so that neither its connections nor its load nor its
 * limits keep them from being answered, and without a key, so that the port is for the operator's network alone. It
 * outlives the shop's port: while that closes, it says that the gateway is not ready. Its requests are no line of the
 * log, being several a minute for ever.
 */
export function openAdmin (gateway: FastifyInstance): FastifyInstance {
  const { logger: _, childLoggerFactory: __, ...options } = serverOptions(gateway.config)
  const admin = Fastify({
    ...options,
    loggerInstance: gateway.log,
    logController: new LogController({ disableRequestLogging: true }),
    // At the end nobody's idle connection is waited for.
    forceCloseConnections: true
  }) as unknown as FastifyInstance
  admin.server.maxConnections = MAX_CONNECTIONS
  for (const name of SHARED) admin.decorate(name, { getter: () => gateway[name] } as never)
  admin.register(errors)
  admin.register(async (scope) => {
    openFace(scope)
    showMetrics(scope)
    scope.register(probeRoutes)
  })
  return admin
}
