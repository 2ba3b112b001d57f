import { STATUS_CODES } from 'node:http'
import type { TSchema } from '@sinclair/typebox'
import { ERRORS, ProblemDetails, type ErrorCode } from '../../problems.ts'

/** What any route can return: unreadable requests, too many of them, and trouble behind it. */
const ALWAYS: ErrorCode[] = [
  'INVALID_INPUT', 'HEADERS_TOO_LARGE', 'TOO_MANY_REQUESTS', 'INTERNAL_ERROR', 'DATABASE_UNAVAILABLE', 'OVERLOADED',
  'ROW_LOCKED', 'TIMEOUT',
  'SHUTTING_DOWN'
]

/** What a route of a method with a body can return on top, also where it wants none: a body that is sent is read. */
export const BODY: ErrorCode[] = ['INVALID_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE']

/** What a route of a face behind an API key can return on top. */
export const KEY: ErrorCode[] = ['NOT_IDENTIFIED']

/** What a route for administrators can return on top. */
export const ADMIN: ErrorCode[] = ['NOT_IDENTIFIED', 'FORBIDDEN']

/**
 * A route's response schemas: what it returns when all is well, and a problem for each status of the codes it may
 * refuse with, with an example for each code. A code stands with its status where the face returns it with another one
 * than the list's.
 */
export function responses<T extends Record<number, TSchema>> (
  success: T, ...codes: (ErrorCode | readonly [ErrorCode, number])[]
): T {
  const statuses = new Map([...codes, ...ALWAYS].map(
    (code) => typeof code === 'string' ? [code, ERRORS[code][0]] : code
  ))
  const byStatus = Map.groupBy(statuses.keys(), (code) => statuses.get(code)!)
  const refusals = [...byStatus].map(([status, listed]) => [status, {
    description: listed.map((code) => `${code}: ${ERRORS[code][1]}`).join('\n\n'),
    content: {
      // A status that has a meaning of its own as well, such as /health's 503.
      ...success[status] && { 'application/json': { schema: success[status] } },
      'application/problem+json': {
        schema: { $ref: `${ProblemDetails.$id}#` },
        examples: Object.fromEntries(listed.map((code) => [code, { value: example(code, status) }]))
      }
    }
  }])
  const answers = Object.entries(success)
    .map(([status, schema]) => [status, { description: STATUS_CODES[status], ...schema }])
  return { ...Object.fromEntries(answers), ...Object.fromEntries(refusals) }
}

function example (code: ErrorCode, status: number) {
  const [, detail] = ERRORS[code]
  return {
    type: 'about:blank', title: STATUS_CODES[status], status, detail, code, request_id: 'req-1'
  }
}
