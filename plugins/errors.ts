import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import fp from 'fastify-plugin'
import router, { type HTTPMethod } from 'find-my-way'
import type { ConnectionError, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Static } from '@sinclair/typebox'
import { Problem, problem, ProblemDetails, type ErrorCode } from '../common/problems.ts'
import { pathOf } from '../common/text.ts'
import { isUploading } from './sockets.ts'

/** What Fastify's own errors are called here. */
const FASTIFY_ERRORS: Record<string, ErrorCode> = {
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_JSON_BODY: 'INVALID_JSON',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'INVALID_JSON',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'INVALID_INPUT'
}

const IDS: Record<string, ErrorCode> = { user_id: 'INVALID_USER_ID', order_id: 'INVALID_ORDER_ID' }

function fromValidation (error: FastifyError): Problem {
  const errors = (error.validation ?? []).map((fault) => ({
    field: [...fault.instancePath.split('/').slice(1), fault.params.missingProperty ?? fault.params.additionalProperty]
      .filter(Boolean).join('.') || String(error.validationContext),
    message: messageOf(fault)
  }))
  const badId = errors.find(({ field }) => Object.hasOwn(IDS, field))
  const misplaced = error.validation?.some(
    ({ keyword }) => keyword === 'required' || keyword === 'additionalProperties'
  )
  return problem(badId && !misplaced ? IDS[badId.field]! : 'INVALID_INPUT', {}, errors)
}

function messageOf ({ keyword, params, message }: NonNullable<FastifyError['validation']>[number]): string {
  if (keyword === 'additionalProperties') return 'is not known here'
  if (keyword === 'enum') {
    return `must be one of ${(params.allowedValues as unknown[]).filter((value) => value !== null).join(', ')}`
  }
  return message ?? 'is not valid'
}

/** Turns whatever was thrown into a listed error; what is unknown becomes a plain 500. */
export function toProblem (error: FastifyError): Problem {
  if (error instanceof Problem) return error
  if (error.validation) return fromValidation(error)
  const code = FASTIFY_ERRORS[error.code]
  if (code) return problem(code)
  const status = error.statusCode ?? 500
  if (status === 404) return problem('NOT_FOUND')
  if (status === 429) return problem('TOO_MANY_REQUESTS')
  if (status >= 400 && status < 500) return problem('INVALID_INPUT')
  return problem('INTERNAL_ERROR')
}

/** The body of an error. */
export function problemDetails (error: Problem, request: Pick<FastifyRequest, 'id'>): Static<typeof ProblemDetails> {
  return {
    type: 'about:blank',
    title: STATUS_CODES[error.statusCode] ?? 'Error',
    status: error.statusCode,
    detail: error.message,
    code: error.code,
    request_id: error.requestId ?? String(request.id),
    ...error.errors && { errors: error.errors }
  }
}

/** Answers a request with whatever was thrown, as problem details. */
export function answer (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const known = toProblem(error)
  request.server.metrics.refused(known.code)
  if (known.code === 'INTERNAL_ERROR') request.log.error({ err: error }, 'unexpected error')
  else if (known.statusCode === 503) request.log.warn({ code: known.code, reason: error.cause }, known.message)
  if (known.statusCode === 503) reply.header('retry-after', '1')
  // Nobody is there to be answered, so the line of the request (context.ts) is never written.
  if (known.code === 'CALLER_GONE') {
    const ms = Math.round(reply.elapsedTime * 10) / 10
    request.log.info({ method: request.method, path: pathOf(request.url), status: 499, ms }, 'request')
  }
  if (known.isReplay) reply.header('idempotency-replayed', 'true')
  if (known.code === 'NOT_IDENTIFIED') reply.header('www-authenticate', request.challenge)
  return reply.code(known.statusCode).type('application/problem+json')
    .send(JSON.stringify(problemDetails(known, request)))
}

/** Answers what is no HTTP request, for which there is no route, request or log line. */
export function answerMalformed (error: ConnectionError, socket: Socket): void {
  // Node looks at a request once, and leaves the rest to whoever listens.
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && isUploading(socket)) return
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const known = problem(error.code === 'HPE_HEADER_OVERFLOW' ? 'HEADERS_TOO_LARGE' : 'INVALID_INPUT')
  const id = randomUUID()
  const body = JSON.stringify(problemDetails(known, { id }))
  socket.end(`HTTP/1.1 ${known.statusCode} ${STATUS_CODES[known.statusCode]}\r\nContent-Type: ` +
    'application/problem+json\r\n' +
    `Content-Length: ${Buffer.byteLength(body)}\r\nX-Request-Id: ${id}\r\nConnection: close\r\n\r\n${body}`)
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What a caller who is not identified is told to send (RFC 9110, section 11.6.1): people a token. */
    challenge: string
  }
  interface FastifyInstance {
    /** A handler for requests that match no route: 405 with Allow where the path has other methods, else 404. */
    refuseUnknownRoute (request: FastifyRequest, reply: FastifyReply): FastifyReply
  }
}

export default fp(async (fastify: FastifyInstance) => {
  const methodsOf = watchMethods(fastify)
  fastify.decorate('refuseUnknownRoute', (request, reply) => {
    const methods = methodsOf(request.url.split('?', 1)[0]!)
    if (methods.length > 0) reply.header('allow', methods.join(', '))
    return answer(problem(methods.length > 0 ? 'METHOD_NOT_ALLOWED' : 'NOT_FOUND') as never, request, reply)
  })
  fastify.setNotFoundHandler((request, reply) => fastify.refuseUnknownRoute(request, reply))
  fastify.decorateRequest('challenge', 'Bearer')
  fastify.addSchema(ProblemDetails)
  fastify.setErrorHandler(answer)
  // Node itself would answer an Expect it does not know with a bare 417; it may as well be ignored (RFC 9110, section
  // 10.1.1).
  fastify.server.on('checkExpectation', (request, response) => fastify.server.emit('request', request, response))
}, { name: 'errors' })

/**
 * Watches which methods each path takes: the router answers for one method at a time only.
 *
 * @returns the methods of the routes that a path fits, in alphabetical order
 */
function watchMethods (fastify: FastifyInstance): (path: string) => string[] {
  const routes = router(fastify.initialConfig.routerOptions)
  const methods = new Set<string>()
  fastify.addHook('onRoute', ({ url, method }) => {
    const path = url.replace(/(.)\/$/, '$1')
    for (const name of [method].flat() as HTTPMethod[]) {
      methods.add(name)
      // The preflight of @fastify/cors matches every path.
      if (path !== '*' && !routes.hasRoute(name, path)) routes.on(name, path, () => {})
    }
  })
  return (path) => [...methods].filter((name) => routes.find(name as HTTPMethod, path)).sort()
}
