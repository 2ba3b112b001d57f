import { randomUUID } from 'node:crypto'
import type { Server } from 'node:http'
import type { FastifyHttpOptions, FastifyReply, FastifyRequest } from 'fastify'
import type { Config } from './plugins/settings.ts'
import { addressMatcher } from './common/settings-checks.ts'
import { answer, answerMalformed } from './plugins/errors.ts'
import { secretMask } from './common/secrets.ts'
import { RequestLog, requestLogger } from './common/request-log.ts'
import { buildSerializer, buildValidator } from './common/schema-compilers.ts'

/** JSON bodies; the invoice route alone takes more. */
const BODY_LIMIT = 1024 * 1024

/** A request id of the caller's is taken over if it can stand in a log line and a header as it is. */
const REQUEST_ID = /^[\w.:/+=@-]{1,128}$/

/** The server's options, shared by server.ts and the tests: what a test sees is what runs. */
export function serverOptions (config: Config) {
  const requestLog = new RequestLog(secretMask(config))
  return {
    bodyLimit: BODY_LIMIT,
    // Starting takes as long as loading the first CSV files does; Fastify would give up after 10 s.
    pluginTimeout: 0,
    // Receiving a request, and its headers; a client that sends one byte a minute must not hold a socket for ever.
    requestTimeout: 30_000,
    // A request without Host is refused in plugins/context.ts, with a body and an id.
    http: { headersTimeout: 15_000, connectionsCheckingInterval: 5_000, requireHostHeader: false },
    // Whose X-Forwarded-For is believed. The peer's own address is request.socket.remoteAddress.
    trustProxy: addressMatcher(config.TRUSTED_UPSTREAMS),
    // Longer than the idle timeout of common load balancers (60 s), so that they, not we, close a kept connection.
    keepAliveTimeout: 72_000,
    // Fastify's type for this option is Ajv's compile function; what it calls is a compiler of its own kind.
    schemaController: {
      compilersFactory: { buildValidator: buildValidator as never, buildSerializer: buildSerializer as never }
    },
    // server.ts drains first; a request that still slips in while closing is served, not refused.
    return503OnClosing: false,
    // No bound of its own for a parameter: one that is too long is refused by its schema, like any malformed one.
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, maxParamLength: 65_536 },
    // A path that is no valid URL matches no route, so no hook runs for it.
    frameworkErrors: (error, request, reply) => {
      reply.header('x-request-id', request.id)
      request.log.info({ method: request.method, status: 400 }, 'request')
      answer(error, request as FastifyRequest, reply as FastifyReply)
    },
    clientErrorHandler: answerMalformed,
    // One line a request, written when it is answered (common/request-log.ts).
    logController: requestLog,
    childLoggerFactory: requestLogger,
    requestIdHeader: false,
    genReqId: (request) => {
      const given = request.headers['x-request-id']
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID()
    },
    logger: {
      level: config.LOG_LEVEL,
      // Over the whole line, whoever wrote it.
      hooks: { streamWrite: requestLog.withPending },
      redact: [
        'req.headers.authorization', 'req.headers["x-api-key"]', 'req.headers.cookie',
        '*.password', '*.current_password', '*.new_password', '*.hashed_password', '*.token'
      ],
      ...process.stdout.isTTY && config.NODE_ENV === 'development' && isInstalled('pino-pretty') && {
        transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', translateTime: 'HH:MM:ss' } }
      }
    }
  } satisfies FastifyHttpOptions<Server>
}

/** Whether a development dependency is there: without it lines are JSON on a terminal, too. */
function isInstalled (name: string): boolean {
  try {
    import.meta.resolve(name)
    return true
  } catch {
    return false
  }
}
