import { STATUS_CODES } from 'node:http'
import type { TSchema } from '@sinclair/typebox'
import { ERRORS, ProblemDetails, type ErrorCode } from '../../common/problems.ts'
import { ALWAYS, RATE_LIMITS } from '../../common/openapi-document.ts'

/**
 * What a route of a method with a body can refuse with on top, also where it wants none: a body that is sent is read.
 */
export const BODY: ErrorCode[] = ['INVALID_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']

/** What a route of a face behind an API key can refuse with on top. */
export const KEY: ErrorCode[] = ['NOT_IDENTIFIED']

/** What a route for administrators can refuse with on top. */
export const ADMIN: ErrorCode[] = ['NOT_IDENTIFIED', 'FORBIDDEN']

/** Statuses of refusals that an Idempotency-Key keeps. */
const REPLAYED = [400, 404, 409]

/** Refusals by what they are made of: each route has about ten of them, and there are 51 in all. */
const shared = new Map<string, object>()

/**
 * A route's response schemas: what it returns when all is well, and a problem for each status of the codes it may
 * refuse with, with an example for each code. A code stands with its status where the face responds with another one
 * than the list's.
 */
export function responses<T extends Record<number, TSchema>> (
  success: T, ...codes: (ErrorCode | readonly [ErrorCode, number])[]
): T {
  const statuses = new Map([...codes, ...ALWAYS].map(
    (code) => typeof code === 'string' ? [code, ERRORS[code][0]] : code
  ))
  const byStatus = Map.groupBy(statuses.keys(), (code) => statuses.get(code)!)
  const isReplayed = statuses.has('IDEMPOTENCY_KEY_REUSED')
  const refusals = [...byStatus].map(([status, listed]) =>
    [status, refusal(status, listed.sort(), isReplayed && REPLAYED.includes(status), success[status])])
  const successes = Object.entries(success)
    .map(([status, schema]) => [status, { description: STATUS_CODES[status], ...schema }])
  return { ...Object.fromEntries(successes), ...Object.fromEntries(refusals) }
}

/** `own`: the schema of a status that has a meaning of its own as well, such as /health's 503. */
function refusal (status: number, codes: ErrorCode[], isReplayed: boolean, own?: TSchema): object {
  const key = [status, isReplayed, own?.$ref, ...codes].join()
  const known = shared.get(key)
  if (known) return known
  const made = {
    description: describe(status, codes),
    headers: {
      ...isReplayed && { 'Idempotency-Replayed': {} },
      ...status === 401 && { 'WWW-Authenticate': {} },
      ...[429, 503].includes(status) && { 'Retry-After': {} },
      ...[401, 429].includes(status) && RATE_LIMITS
    },
    content: {
      ...own && { 'application/json': { schema: own } },
      'application/problem+json': {
        schema: { $ref: `${ProblemDetails.$id}#` },
        examples: Object.fromEntries(codes.map((code) => [code, { value: example(code, status) }]))
      }
    }
  }
  shared.set(key, made)
  return made
}

/** The sentences of the codes that are the route's own. */
function describe (status: number, codes: ErrorCode[]): string {
  const own = codes.filter((code) => !ALWAYS.includes(code))
  const [only, ...others] = own.length > 0 ? own : codes
  return others.length === 0
    ? ERRORS[only!][1]
    : own.map((code) => ERRORS[code][1]).join(' · ') || STATUS_CODES[status]!
}

function example (code: ErrorCode, status: number) {
  const [, detail] = ERRORS[code]
  return {
    type: 'about:blank', title: STATUS_CODES[status], status, detail, code, request_id: 'req-1'
  }
}

/** A response with headers, which common/openapi-document.ts describes by their names. */
const withHeaders = <T extends TSchema>(schema: T, headers: object): T => ({
  ...schema, headers: { ...schema.headers, ...headers }
})

/** The response is one resource, with its ETag. */
export const tagged = <T extends TSchema>(schema: T): T => withHeaders(schema, { ETag: {} })

/** The response is a new resource, with the path of it. */
export const created = <T extends TSchema>(schema: T): T => withHeaders(schema, { Location: {} })

/** The response is a new order, which an Idempotency-Key may have placed before. */
export const placed = <T extends TSchema>(schema: T): T =>
  withHeaders(schema, { ETag: {}, Location: {}, 'Idempotency-Replayed': {} })
