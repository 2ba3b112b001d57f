import { Ajv, type Options } from 'ajv'
import ajvFormats from 'ajv-formats'
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import fp from 'fastify-plugin'
import type { FastifyRequest, FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify'
import { isEmailAddress } from './addresses.ts'
import { MAX_FIELD_ERRORS, problem, type FieldError } from './errors.ts'
import { inspect } from './json-text.ts'

const serializerFactory = SerializerSelector()

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

const formats = ajvFormats.default(new Ajv(), ['date', 'iso-date-time'])
const isDate = formats.compile({ type: 'string', format: 'date' })
const isMoment = formats.compile({ type: 'string', format: 'iso-date-time' })
/** The format splits the text it is given, however long. */
const LONGEST_MOMENT = 64

/** Bytes of a body up to which all of its faults are looked for, not the first one alone: 1 MiB of them takes a second. */
const ALL_FAULTS = 16_384

/** Parsed bodies that are larger than that. */
const large = new WeakSet<object>()

/** The schemas are TypeBox's: checking them against the schema of schemas only takes time. */
function validator (options: Options): Ajv {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, removeAdditional: false, strict: false, meta: false, validateSchema: false, ...options })
  ajvFormats.default(ajv, ['date', 'iso-date-time'])
  ajv.addFormat('uuid', UUID)
  ajv.addFormat('idn-email', isEmailAddress)
  // An ISO 8601 moment with or without an offset, or a date alone; without an offset it is UTC.
  ajv.addFormat('timestamp', (text) => text.length <= LONGEST_MOMENT && (isDate(text) || isMoment(text)))
  return ajv
}

/**
 * Makes the compiler that checks requests (a server option, see options.ts). In a body a text is never taken for a number, or
 * null for 0; a URL knows only text, so there it is converted.
 *
 * @param shared the schemas that were added to the application, by id
 */
export function buildValidator (shared: unknown): FastifySchemaCompiler<object> {
  const body = validator({ coerceTypes: false, allErrors: false })
  const thorough = validator({ coerceTypes: false })
  const url = validator({ coerceTypes: 'array' })
  for (const schema of Object.values(shared as Record<string, object>)) {
    for (const ajv of [body, thorough, url]) ajv.addSchema(schema)
  }
  return ({ schema, httpPart }) => httpPart === 'body' ? compileForBody(body, thorough, schema) : lazily(() => compileForUrl(url, schema))
}

/** Finds the first fault, and then the others where the body is small. */
function compileForBody (body: Ajv, thorough: Ajv, schema: object) {
  const findFirst = lazily(() => body.compile(schema))
  const findAll = lazily(() => thorough.compile(schema))
  return (data: object) => {
    if (findFirst(data)) return true
    if (large.has(data)) return { error: findFirst.errors as never }
    findAll(data)
    return { error: findAll.errors as never }
  }
}

/**
 * Makes the compiler of the functions that write answers (a server option, as above).
 *
 * @param shared the schemas that were added to the application, by id
 */
export function buildSerializer (shared: unknown, options: object): FastifySerializerCompiler<object> {
  const compile = serializerFactory(shared, options)
  return (route) => lazily(() => compile(route as never))
}

/**
 * Compiles when it is first needed. With four faces there are a thousand schemas, most of them of refusals, which are never
 * written that way: compiling all of them took most of the time that a start takes.
 */
function lazily<Run extends (data: never) => unknown> (compile: () => Run): Run {
  let run: Run | undefined
  const compiled = (data: never): unknown => {
    run ??= compile()
    const result = run(data)
    // Ajv hangs its errors on the function.
    compiled.errors = (run as { errors?: unknown }).errors
    return result
  }
  compiled.errors = undefined as unknown
  return compiled as unknown as Run
}

const DECIMAL = /^-?\d+(\.\d+)?$/

/** Ajv takes whatever JavaScript takes for a number (0x10, 1e1, a space); a URL may only say 16, 10 and nothing. */
function compileForUrl (url: Ajv, schema: object) {
  const validate = url.compile(schema)
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> }
  const numbers = Object.keys(properties).filter((name) => ['integer', 'number'].includes(properties[name]!.type ?? ''))
  return (data: Record<string, unknown>) => {
    for (const name of numbers) {
      if (typeof data[name] === 'string' && !DECIMAL.test(data[name])) data[name] = 'not a decimal number'
    }
    return validate(data) || { error: validate.errors as never }
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The body may hold text that the database cannot. */
    isSuspicious: boolean
  }
}

/** Reads bodies, and refuses text that the database cannot hold. */
export default fp(async (fastify) => {
  // An empty body is no body, whatever content type a client always sends.
  const parse = fastify.getDefaultJsonParser('error', 'error')
  fastify.decorateRequest('isSuspicious', false)
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    if (bytes.length === 0) return done(null, undefined)
    const { fault, isSuspicious } = inspect(bytes)
    if (fault) return done(problem('INVALID_INPUT', {}, [{ field: 'body', message: fault }]))
    request.isSuspicious = isSuspicious
    return parse(request, bytes.toString(), (error, body) => {
      if (bytes.length > ALL_FAULTS && typeof body === 'object' && body !== null) large.add(body)
      done(error, body)
    })
  })

  fastify.addHook('preValidation', async (request: FastifyRequest) => {
    const errors: FieldError[] = []
    if (request.isSuspicious) findUnstorable(request.body, '', errors)
    findUnstorable(request.query, '', errors)
    findUnstorable(request.params, '', errors)
    if (errors.length > 0) throw problem('INVALID_INPUT', {}, errors)
  })
}, { name: 'validation', dependencies: ['errors'] })

/** PostgreSQL stores no NUL, and half a surrogate pair would be replaced in silence. The depth of what is given is bounded already. */
function findUnstorable (value: unknown, field: string, errors: FieldError[]): void {
  if (typeof value === 'string') {
    if (value.includes('\0') || !value.isWellFormed()) {
      errors.push({ field: field || 'body', message: 'must be well-formed Unicode without NUL' })
    }
  } else if (typeof value === 'object' && value !== null) {
    for (const key in value) {
      if (errors.length === MAX_FIELD_ERRORS) return
      findUnstorable((value as Record<string, unknown>)[key], field === '' ? key : `${field}.${key}`, errors)
    }
  }
}
