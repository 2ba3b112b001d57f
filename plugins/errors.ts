import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import fp from 'fastify-plugin'
import type { ConnectionError, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { watchMethods } from './methods.ts'
import { pathOf } from '../text.ts'

/**
 * Every error a caller can get: its code, status and sentence. `{name}` is filled from the facts. The database refuses with
 * the same codes (sql/gateway/functions/refuse.sql).
 */
export const ERRORS = {
  INVALID_INPUT: [400, 'The request is not valid'],
  INVALID_JSON: [400, 'The body is not valid JSON'],
  INVALID_USER_ID: [400, 'Invalid user ID format'],
  INVALID_ORDER_ID: [400, 'Invalid order ID format'],
  INVALID_CURSOR: [400, 'The cursor is not one this service gave'],
  INVALID_QUANTITY: [400, 'A quantity must be between 1 and 1000000'],
  INVALID_INVOICE: [400, 'The document is empty or not what its content type says'],
  INVALID_TOKEN: [400, 'The link is not one this shop sent, or it is incomplete'],
  CURRENT_PASSWORD_INCORRECT: [400, 'Current password is incorrect'],
  PASSWORD_INCORRECT: [400, 'Password incorrect'],
  PRODUCTS_NOT_FOUND: [400, 'Products not found: {products}'],
  CART_EMPTY: [400, 'Cart is empty'],
  ORDER_EMPTY: [400, 'Order must contain at least one item'],
  QUERY_FAULTY: [400, 'The statement cannot be run: {message}'],
  EMAIL_REQUIRED: [400, 'An email address is needed of a customer who is not known here yet'],
  NOT_IDENTIFIED: [401, 'Not identified: a valid API key or token is needed'],
  INVALID_CREDENTIALS: [401, 'Invalid email or password'],
  FORBIDDEN: [403, 'Not allowed'],
  QUERY_FORBIDDEN: [403, 'Not allowed on /query: {message}'],
  NOT_FOUND: [404, 'There is nothing at this address'],
  USER_NOT_FOUND: [404, 'User not found'],
  PRODUCT_NOT_FOUND: [404, 'Product not found'],
  DEPARTMENT_NOT_FOUND: [404, 'Department not found'],
  AISLE_NOT_FOUND: [404, 'Aisle not found'],
  CART_NOT_FOUND: [404, 'Cart not found'],
  CART_ITEM_NOT_FOUND: [404, 'Product {product_id} not found in cart'],
  CART_PRODUCT_NOT_FOUND: [404, 'Products not found: {product_id}'],
  ORDER_NOT_FOUND: [404, 'Order not found'],
  INVOICE_NOT_FOUND: [404, 'The order has no invoice'],
  QUEUE_NOT_FOUND: [404, 'No such queue'],
  JOB_NOT_FOUND: [404, 'No such job has failed'],
  METHOD_NOT_ALLOWED: [405, 'This address does not take that method; Allow names those it takes'],
  QUERY_TIMEOUT: [408, 'The statement took longer than 5 seconds'],
  EMAIL_ALREADY_EXISTS: [409, 'Email address already exists'],
  SKU_ALREADY_EXISTS: [409, 'SKU already exists'],
  CART_ALREADY_EXISTS: [409, 'Cart already exists for user'],
  INSUFFICIENT_STOCK: [409, 'Not enough stock: {items}'],
  PRODUCT_NOT_PRICED: [409, 'Products without a price: {products}'],
  INVALID_STATUS_TRANSITION: [409, 'An order cannot go from {from} to {to}'],
  ORDER_NOT_EDITABLE: [409, 'An order that is {status} takes no more items'],
  CONFLICT: [409, 'The request conflicts with another one; try again'],
  PRECONDITION_FAILED: [412, 'The resource has changed: its ETag is no longer the one in If-Match'],
  BODY_TOO_LARGE: [413, 'The body is too large'],
  HEADERS_TOO_LARGE: [431, 'The headers are too large'],
  UNSUPPORTED_MEDIA_TYPE: [415, 'The content type is not supported'],
  IDEMPOTENCY_KEY_REUSED: [422, 'The Idempotency-Key was used with another request'],
  TOO_MANY_REQUESTS: [429, 'Too many requests'],
  CALLER_GONE: [499, 'The caller has hung up'],
  INTERNAL_ERROR: [500, 'Something went wrong here; the log knows more under this request_id'],
  DATABASE_UNAVAILABLE: [503, 'The database cannot be reached; try again'],
  OVERLOADED: [503, 'Too much to do right now; try again'],
  ROW_LOCKED: [503, 'Somebody else is holding what this request needs; try again'],
  NOT_READY: [503, 'Not ready: {reason}'],
  TIMEOUT: [503, 'The request took too long and was given up; try again'],
  QUERY_NOT_SET_UP: [503, 'POST /query is not available on this gateway: {reason}'],
  SHUTTING_DOWN: [503, 'This gateway is shutting down; try again']
} as const satisfies Record<string, readonly [number, string]>

export type ErrorCode = keyof typeof ERRORS
export type Facts = Record<string, unknown>
export interface FieldError { field: string, message: string }

/** A body of 1 MiB can hold faults by the hundred thousand; an answer lists the first ones. */
export const MAX_FIELD_ERRORS = 100
/** A caller's own name for a field can be as long as its body. */
const MAX_FIELD_NAME = 200

/** RFC 9457 problem details, the body of every error. */
export const ProblemDetails = Type.Object({
  type: Type.String(),
  title: Type.String({ description: 'the name of the status' }),
  status: Type.Integer(),
  detail: Type.String({ description: 'the sentence for people' }),
  code: Type.String({ description: 'the constant for programs' }),
  request_id: Type.String(),
  errors: Type.Optional(Type.Array(Type.Object({ field: Type.String(), message: Type.String() })))
}, { $id: 'Problem', description: 'Problem details (RFC 9457)' })

/** An error of the list above, on its way to the caller. */
export class Problem extends Error {
  readonly code: ErrorCode
  /** The list's status; a face may answer a code with another one. */
  statusCode: number
  readonly errors: FieldError[] | undefined
  /** The request it was first answered to, where that is not the present one (a replayed refusal). */
  requestId: string | undefined
  /** An Idempotency-Key got its first answer, this refusal, again. */
  isReplay = false

  constructor (code: ErrorCode, facts: Facts = {}, errors?: FieldError[]) {
    super(sentence(code, facts))
    this.code = code
    this.statusCode = ERRORS[code][0]
    this.errors = errors?.slice(0, MAX_FIELD_ERRORS).map(({ field, message }) => ({ field: field.slice(0, MAX_FIELD_NAME).toWellFormed(), message }))
  }
}

/** A listed error, to be thrown. `facts` fill its sentence. */
export const problem = (code: ErrorCode, facts?: Facts, errors?: FieldError[]) => new Problem(code, facts, errors)

/** Whether a code the database refused with is on the list. */
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code)

function sentence (code: ErrorCode, facts: Facts): string {
  return ERRORS[code][1].replace(/\{(\w+)\}/g, (_, name: string) => {
    const fact = facts[name]
    return Array.isArray(fact) ? fact.map(describe).join(', ') : String(fact)
  })
}

interface Shortfall { product_id: number, product_name: string, wanted: number, available: number }

function describe (fact: unknown): string {
  if (typeof fact !== 'object' || fact === null) return String(fact)
  const { product_id: id, product_name: name, wanted, available } = fact as Shortfall
  return `product ${id} (${name}), wanted ${wanted}, available ${available}`
}

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
    message: fault.keyword === 'additionalProperties' ? 'is not known here' : fault.message ?? 'is not valid'
  }))
  const badId = errors.find(({ field }) => Object.hasOwn(IDS, field))
  const misplaced = error.validation?.some(({ keyword }) => keyword === 'required' || keyword === 'additionalProperties')
  return problem(badId && !misplaced ? IDS[badId.field]! : 'INVALID_INPUT', {}, errors)
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
  if (known.code === 'INTERNAL_ERROR') request.log.error({ err: error }, 'unexpected error')
  else if (known.statusCode === 503) request.log.warn({ code: known.code, reason: error.cause }, known.message)
  if (known.statusCode === 503) reply.header('retry-after', '1')
  // Nobody is there to be answered, so the line of the request (context.ts) is never written.
  if (known.code === 'CALLER_GONE') {
    const ms = Math.round(reply.elapsedTime * 10) / 10
    request.log.info({ method: request.method, path: pathOf(request.url), status: 499, ms }, 'request')
  }
  if (known.isReplay) reply.header('idempotency-replayed', 'true')
  if (known.code === 'NOT_IDENTIFIED' && !reply.hasHeader('www-authenticate')) reply.header('www-authenticate', 'Bearer')
  return reply.code(known.statusCode).type('application/problem+json').send(JSON.stringify(problemDetails(known, request)))
}

/** Answers what is no HTTP request, for which there is no route, request or log line. */
export function answerMalformed (error: ConnectionError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const known = problem(error.code === 'HPE_HEADER_OVERFLOW' ? 'HEADERS_TOO_LARGE' : 'INVALID_INPUT')
  const id = randomUUID()
  const body = JSON.stringify(problemDetails(known, { id }))
  socket.end(`HTTP/1.1 ${known.statusCode} ${STATUS_CODES[known.statusCode]}\r\nContent-Type: application/problem+json\r\n` +
    `Content-Length: ${Buffer.byteLength(body)}\r\nX-Request-Id: ${id}\r\nConnection: close\r\n\r\n${body}`)
}

declare module 'fastify' {
  interface FastifyInstance {
    /** A handler for requests that fit no route: 405 with Allow where the path has other methods, else 404. */
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
  fastify.addSchema(ProblemDetails)
  fastify.setErrorHandler(answer)
  // Node itself would answer an Expect it does not know with a bare 417; it may as well be passed over (RFC 9110, section 10.1.1).
  fastify.server.on('checkExpectation', (request, response) => fastify.server.emit('request', request, response))
}, { name: 'errors' })
