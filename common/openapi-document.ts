import { STATUS_CODES } from 'node:http'
import { isDeepStrictEqual } from 'node:util'
import type { ErrorCode } from './problems.ts'

/** What any route can refuse with: unreadable requests, too many of them, and trouble behind it. */
export const ALWAYS: ErrorCode[] = [
  'INVALID_INPUT', 'HEADERS_TOO_LARGE', 'TOO_MANY_REQUESTS', 'INTERNAL_ERROR', 'DATABASE_UNAVAILABLE', 'OVERLOADED',
  'ROW_LOCKED', 'TIMEOUT', 'SHUTTING_DOWN'
]

/** What so many routes refuse with that it tells no refusal from another, and so is not its name. */
const COMMON: ErrorCode[] = [
  ...ALWAYS, 'NOT_IDENTIFIED', 'FORBIDDEN', 'INVALID_JSON', 'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE',
  'PRECONDITION_FAILED', 'IDEMPOTENCY_KEY_REUSED'
]

/** A caller who is counted is told what is left, whatever the response is (plugins/limits.ts). */
export const RATE_LIMITS = { 'RateLimit-Limit': {}, 'RateLimit-Remaining': {}, 'RateLimit-Reset': {} }

const text = (description: string, example: string) => ({ description, schema: { type: 'string' as const }, example })
const number = (description: string, example: number) =>
  ({ description, schema: { type: 'integer' as const }, example })

/**
 * Response headers that routes name and callers rely on. X-Request-Id comes with every response, and is described once.
 */
export const headers = {
  ETag: text('the version of the resource, for If-Match and If-None-Match', '"7d3a0f2b9c6e41588f0e6d2c4b1a9e73"'),
  Location: text('the path of what was created', '/orders/3422000'),
  'Idempotency-Replayed': {
    ...text('this is the first response to the Idempotency-Key again', 'true'),
    schema: { type: 'string' as const, enum: ['true'] }
  },
  'Consistency-Token': text('a read that sends it along is as new as this write', '00000000030000d8'),
  'Retry-After': number('seconds after which to try again', 1),
  'WWW-Authenticate': text('how to say who is calling', 'Bearer'),
  'Content-Disposition': text('what to call the document', 'inline; filename="invoice-3422000"'),
  'RateLimit-Limit': number('requests that this caller has a minute; sent where requests are counted', 6000),
  'RateLimit-Remaining': number('requests left of them', 5999),
  'RateLimit-Reset': number('seconds until they are all there again', 60)
}

interface Reference { $ref: string }
interface Schema {
  title?: string,
  description?: string,
  type?: unknown,
  properties?: Record<string, Schema>,
  items?: Schema,
  examples?: unknown[]
}
interface Media { schema?: Schema | Reference, example?: unknown, examples?: Record<string, object> }
interface Body { required?: boolean, content?: Record<string, Media> }
interface Response extends Body { description: string, headers?: Record<string, object> }
interface Parameter { name: string, required?: boolean, schema: Schema | Reference }
interface Operation {
  parameters?: (Parameter | Reference)[]
  requestBody?: Body | Reference
  responses: Record<string, Response | Reference>
  security?: object[]
  'x-optional-body'?: boolean
}
interface Components {
  schemas: Record<string, Schema>
  examples?: Record<string, object>
  parameters?: Record<string, object>
  requestBodies?: Record<string, object>
  responses?: Record<string, object>
}
export interface Document {
  paths: Record<string, Record<string, Operation>>,
  components: Components,
  security?: object[]
}

const to = (kind: string, name: string): Reference => ({ $ref: `#/components/${kind}/${name}` })

/**
 * Says once what operations have in common, and refers to it from each: headers, examples, parameters, refusals and
 * other responses, and what has a title. Two thirds of the document were repeats.
 */
export function share ({ paths, components, security }: Document): void {
  const operations = Object.values(paths).flatMap((item) => Object.values(item))
  for (const schema of Object.values(components.schemas)) nameInside(schema, components.schemas)
  for (const operation of operations) {
    const body = operation.requestBody as Body | undefined
    if (body) {
      body.required = operation['x-optional-body'] !== true
      showExamples(body, components)
    }
    delete operation['x-optional-body']
    if (JSON.stringify(operation.security) === JSON.stringify(security)) delete operation.security
    for (const parameter of parametersOf(operation)) {
      if (parameter.required === false) delete parameter.required
      parameter.schema = named(parameter.schema, components.schemas)
    }
    for (const response of responsesOf(operation)) {
      for (const name of Object.keys(response.headers ?? {})) response.headers![name] = to('headers', name)
      if (Object.keys(response.headers ?? {}).length === 0) delete response.headers
      showExamples(response, components)
    }
  }
  // Where they were taken from, and where a larger one shows the same.
  for (const schema of Object.values(components.schemas)) {
    if (schema.type !== 'string' && schema.type !== 'integer') delete schema.examples
  }
  shareParameters(operations, components)
  for (const item of Object.values(paths)) liftParameters(item)
  shareBodies(operations, components)
  shareResponses(operations, components)
  // Last: an example that one response has alone stays with it, however many operations have that response.
  shareExamples(operations, components)
}

const parametersOf = ({ parameters = [] }: Operation) => parameters as Parameter[]
const responsesOf = ({ responses }: Operation) => Object.values(responses) as Response[]
const bodyOf = ({ requestBody }: Operation) => requestBody ? [requestBody as Body] : []
const mediaOf = ({ content = {} }: Body) => Object.values(content)

/** Gives a body the examples of the schema it refers to: tools look for them there. */
function showExamples ({ content = {} }: Body, { schemas }: Components): void {
  for (const media of Object.values(content)) {
    const name = nameIn(media.schema)
    const { examples } = schemas[name ?? ''] ?? {}
    if (examples && !media.examples) {
      media.examples = Object.fromEntries(examples.map((value, n) => [n === 0 ? name! : `${name}-${n + 1}`, { value }]))
    }
  }
}

/** A schema with a title is a component of that name: clients get one type for it. */
function named (schema: Schema | Reference, schemas: Record<string, Schema>): Schema | Reference {
  if ('$ref' in schema || schema.title === undefined) return schema
  const { title, ...rest } = schema
  const types = [rest.type].flat()
  if (types.includes('null') && !types.includes('object')) return rest
  schemas[title] ??= rest
  return isDeepStrictEqual(constraintsOf(schemas[title]), constraintsOf(rest)) ? to('schemas', title) : rest
}

/** Without what explains it: a parameter has that beside its schema. */
const constraintsOf = ({ description: _, examples: __, ...constraints }: Schema) => constraints

function nameInside (schema: Schema | Reference, schemas: Record<string, Schema>): void {
  if ('$ref' in schema) return
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    nameInside(property, schemas)
    schema.properties![name] = named(property, schemas) as Schema
  }
  if (schema.items) {
    nameInside(schema.items, schemas)
    schema.items = named(schema.items, schemas) as Schema
  }
}

function shareExamples (operations: Operation[], components: Components): void {
  const inside = operations.flatMap((operation) => [...bodyOf(operation), ...responsesOf(operation)])
  const shared = [components.requestBodies, components.responses].flatMap((kind) => Object.values(kind ?? {}))
  const all = [...inside, ...shared as Body[]].flatMap(mediaOf)
  const referTo = sharing(components, 'examples', all.flatMap(({ examples = {} }) => Object.values(examples)))
  for (const media of all) {
    for (const [name, example] of Object.entries(media.examples ?? {})) media.examples![name] = referTo(example, name)
    const [only, ...others] = Object.entries(media.examples ?? {})
    // The name of one that stands alone says nothing, but for a refusal: there it is the code.
    if (!only || others.length > 0 || !('value' in only[1]) || nameIn(media.schema) === 'Problem') continue
    media.example = only[1].value
    delete media.examples
  }
}

function shareParameters (operations: Operation[], components: Components): void {
  const referTo = sharing(components, 'parameters', operations.flatMap(parametersOf))
  for (const operation of operations) {
    if (operation.parameters) {
      operation.parameters = parametersOf(operation).map((parameter) => referTo(parameter, parameter.name))
    }
  }
}

/** What each operation of a path takes stands once beside them, as its `parameters`. */
function liftParameters (item: Record<string, Operation>): void {
  const operations = Object.values(item)
  const [first, ...others] = operations.map(parametersOf)
  const isOf = (list: Parameter[]) => (one: Parameter) => list.some((other) => isDeepStrictEqual(one, other))
  const lifted = first!.filter((one) => others.length > 0 && others.every((list) => isOf(list)(one)))
  if (lifted.length === 0) return
  for (const operation of operations) {
    operation.parameters = parametersOf(operation).filter((one) => !isOf(lifted)(one))
    if (operation.parameters.length === 0) delete operation.parameters
  }
  Object.assign(item, { parameters: lifted })
}

function shareBodies (operations: Operation[], components: Components): void {
  const referTo = sharing(components, 'requestBodies', operations.flatMap(bodyOf))
  for (const operation of operations) {
    for (const body of bodyOf(operation)) {
      operation.requestBody = referTo(body, nameIn(body.content?.['application/json']?.schema) ?? 'Document')
    }
  }
}

function shareResponses (operations: Operation[], components: Components): void {
  const referTo = sharing(components, 'responses', operations.flatMap(responsesOf))
  for (const { responses } of operations) {
    for (const [status, response] of Object.entries(responses)) {
      responses[status] = referTo(response, nameOf(status, response as Response))
    }
  }
}

/**
 * For a kind of component, given all that there are: what is there several times becomes a component, under its name,
 * numbered where others have that name, too; what is there once stays where it is.
 */
function sharing (components: Components, kind: Exclude<keyof Components, 'schemas'>, all: object[]) {
  const store: Record<string, object> = components[kind] ??= {}
  const uses = Map.groupBy(all, (value) => JSON.stringify(value))
  const names = new Map<string, string>()
  return <T extends object>(value: T, name: string): T | Reference => {
    const key = JSON.stringify(value)
    if (uses.get(key)!.length === 1) return value
    if (!names.has(key)) {
      let unique = name
      for (let n = 2; unique in store; n++) unique = `${name}-${n}`
      store[unique] = value
      names.set(key, unique)
    }
    return to(kind, names.get(key)!)
  }
}

const nameIn = (schema: object = {}): string | undefined => (schema as Partial<Reference>).$ref?.split('/').at(-1)

const pascal = (words: string) => words.toLowerCase()
  .replace(/(?:^|[^a-z]+)([a-z])/g, (_, letter: string) => letter.toUpperCase())

/**
 * Cart, UserNotFound, 503: a response is called by its schema, a refusal by the first code that tells it apart, or else
 * its status.
 */
function nameOf (status: string, { content = {} }: Response): string {
  const codes = Object.keys(content['application/problem+json']?.examples ?? {}) as ErrorCode[]
  const own = codes.find((code) => !COMMON.includes(code))
  if (own) return pascal(own)
  if (codes.length > 0) return status
  return nameIn(content['application/json']?.schema) ?? pascal(STATUS_CODES[status]!)
}
