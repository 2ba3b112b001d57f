import { Type } from '@sinclair/typebox'

/**
 * Every error a caller can get: its code, status and sentence. `{name}` is filled from the facts. The database refuses
 * with the same codes (sql/gateway/functions/refuse.sql).
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
  WEBHOOK_URL_REFUSED: [400, 'The url cannot be used: {reason}'],
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
  WEBHOOK_NOT_FOUND: [404, 'No such webhook'],
  DELIVERY_NOT_FOUND: [404, 'The webhook has no such delivery'],
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
  IMPORT_RUNNING: [409, 'Another load is under way'],
  CONFLICT: [409, 'The request conflicts with another one; try again'],
  WEBHOOK_LIMIT_REACHED: [409, 'There are {most} webhooks already'],
  CURSOR_EXPIRED: [410, 'Events behind this cursor are no longer kept: start without one'],
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
    this.errors = errors?.slice(0, MAX_FIELD_ERRORS)
      .map(({ field, message }) => ({ field: field.slice(0, MAX_FIELD_NAME).toWellFormed(), message }))
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
