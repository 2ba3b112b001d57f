import type { Static } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import type { ErrorCode, ProblemDetails } from '../../common/problems.ts'

type Problem = Static<typeof ProblemDetails>
type Route = FastifyRequest['routeOptions']

/** A request that does not match its schema: what the older service's framework refused with a 422. */
const INVALID: string[] = ['INVALID_INPUT', 'INVALID_JSON', 'INVALID_USER_ID', 'INVALID_CURSOR'] satisfies ErrorCode[]

/** Nobody who knows the shop's rules refused these, but the gateway itself. */
const OUTSIDE: string[] = ['NOT_IDENTIFIED', 'NOT_FOUND'] satisfies ErrorCode[]

const BUSINESS = [400, 401, 404, 409]

/** Whatever the database says to a query of one's own, a time limit and a missing right included, is a response. */
const QUERY = [...BUSINESS, 403, 408]

/**
 * What a problem is on this face. A business refusal is a 200 with the envelope alone; anything else keeps its status
 * (invalid input: 422) and says in `detail`, too, what is wrong: clients of FastAPI look there.
 */
export function refusal (problem: Problem, route: Route): { status: number, body: object } {
  const { code, request_id: requestId } = problem
  const envelope = { success: false, data: [], error: problem.detail }
  if (INVALID.includes(code)) {
    return { status: 422, body: { ...envelope, detail: faultsOf(problem, route), code, request_id: requestId } }
  }
  const refusable = route.config.legacy?.isQuery ? QUERY : BUSINESS
  if (refusable.includes(problem.status) && !OUTSIDE.includes(code)) return { status: 200, body: envelope }
  return { status: problem.status, body: { ...envelope, detail: problem.detail, code, request_id: requestId } }
}

/** Each fault as FastAPI tells it: where (`loc`), what (`msg`) and of which kind (`type`). */
function faultsOf ({ code, detail, errors }: Problem, route: Route) {
  if (code === 'INVALID_JSON') return [{ loc: ['body'], msg: detail, type: 'json_invalid' }]
  const faults = errors ?? [{ field: code === 'INVALID_CURSOR' ? 'cursor' : '', message: detail }]
  return faults.map(({ field, message }) => ({
    loc: locate(field, route),
    msg: message,
    type: message.startsWith('must have required') ? 'missing' : 'value_error'
  }))
}

/** `items.0.quantity` is at body, items, 0, quantity; a parameter's name at path, query or header. */
function locate (field: string, { schema = {} }: Route): (string | number)[] {
  if (field === 'querystring') return ['query']
  const steps = field.split('.').filter((step) => step !== '').map((step) => /^\d+$/.test(step) ? Number(step) : step)
  const parts = { path: schema.params, query: schema.querystring, header: schema.headers }
  for (const [part, parameters] of Object.entries(parts)) {
    const { properties = {} } = (parameters ?? {}) as { properties?: object }
    if (Object.hasOwn(properties, String(steps[0]))) return [part, ...steps]
  }
  return steps[0] === 'body' ? steps : ['body', ...steps]
}
