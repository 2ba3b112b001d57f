import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import { Ajv, type Options } from 'ajv'
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import fp from 'fastify-plugin'
import type { FastifyRequest, FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify'
import { isEmailAddress } from './addresses.ts'
import { MAX_FIELD_ERRORS, problem, type FieldError } from './errors.ts'
import { inspect } from './json-text.ts'
import { isMoment } from '../moments.ts'

const serializerFactory = SerializerSelector()

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Bytes of a body up to which all of its faults are looked for, not the first one alone: 1 MiB of them takes a second. */
const ALL_FAULTS = 16_384

/** Parsed bodies that are larger than that. */
const large = new WeakSet<object>()

/** The schemas are TypeBox's: checking them against the schema of schemas only takes time. */
function validator (options: Options): Ajv {
  const ajv = new Ajv({ allErrors: true, useDefaults: true, removeAdditional: false, strict: false, meta: false, validateSchema: false, ...options })
  ajv.addFormat('uuid', UUID)
  ajv.addFormat('idn-email', isEmailAddress)
  ajv.addFormat('timestamp', isMoment)
  return ajv
}

/**
 * Makes the compiler that checks requests (a server option, see options.ts). In a body a text is never taken for a number, or
 * null for 0; a URL knows only text, so there it is converted.
 *
 * @param shared the schemas that were added to the application, by id
 */
export const buildValidator = oncePerSchemas((shared: object): FastifySchemaCompiler<object> => {
  const body = validator({ coerceTypes: false, allErrors: false })
  const thorough = validator({ coerceTypes: false })
  const url = validator({ coerceTypes: 'array' })
  for (const schema of Object.values(shared)) {
    for (const ajv of [body, thorough, url]) ajv.addSchema(schema)
  }
  const forBody = oncePerSchema((schema) => compileForBody(body, thorough, schema))
  const forUrl = oncePerSchema((schema) => compileForUrl(url, schema))
  return ({ schema, httpPart }) => httpPart === 'body' ? forBody(schema) : forUrl(schema)
})

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
export const buildSerializer = oncePerSchemas((shared: object, options: object): FastifySerializerCompiler<object> => {
  const compile = serializerFactory(shared, options)
  const forResponse = oncePerSchema((schema) => compile({ schema } as never))
  return ({ schema }) => forResponse(schema as object) as never
})

/**
 * A factory of compilers that makes one for equal shared schemas. Fastify asks for one in each scope and at each route of a scope with
 * schemas of its own, some sixty times a start, and three Ajvs each take longer than the rest of it.
 */
function oncePerSchemas<Options extends unknown[], Compiler> (make: (shared: object, ...options: Options) => Compiler) {
  const made = new Map<string, Compiler>()
  return (shared: unknown, ...options: Options): Compiler => {
    const key = JSON.stringify([shared, options])
    const known = made.get(key) ?? make(shared as object, ...options)
    made.set(key, known)
    return known
  }
}

/**
 * Compiles when it is first needed, and equal schemas once: /legacy has those of the service face again. With four faces there are a
 * thousand, most of them of refusals, which are never written that way: compiling all of them took most of the time that a start takes.
 */
function oncePerSchema<Run extends (data: never) => unknown> (compile: (schema: object) => Run) {
  const compiled = new Map<string, Run>()
  return (schema: object): Run => lazily(() => {
    const key = JSON.stringify(schema)
    const run = compiled.get(key) ?? compile(schema)
    compiled.set(key, run)
    return run
  })
}

/** Makes the function when it is first called. */
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

/** Reads bodies, and refuses what no route knows or the database cannot hold. */
export default fp(async (fastify) => {
  const parse = fastify.getDefaultJsonParser('error', 'error')
  fastify.decorateRequest('isSuspicious', false)
  fastify.removeAllContentTypeParsers()
  // As bytes: decoded by Node, what is no UTF-8 would be replaced in silence.
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, bytes: Buffer, done) => {
    if (bytes.length === 0) return done(null, undefined)
    if (!isJsonCharset(request.headers['content-type'])) return done(problem('UNSUPPORTED_MEDIA_TYPE'))
    if (!isUtf8(bytes)) return done(problem('INVALID_INPUT', {}, [{ field: 'body', message: 'must be UTF-8' }]))
    const { fault, isSuspicious } = inspect(bytes)
    if (fault) return done(problem('INVALID_INPUT', {}, [{ field: 'body', message: fault }]))
    request.isSuspicious = isSuspicious
    return parse(request, bytes.toString(), (error, body) => {
      if (bytes.length > ALL_FAULTS && typeof body === 'object' && body !== null) large.add(body)
      done(error, body)
    })
  })
  fastify.addContentTypeParser('*', refuseUnlessEmpty)

  // Whatever the type of nothing is called, text that names none included.
  fastify.addHook('onRequest', ({ headers }, _reply, done) => {
    if (headers['content-length'] === '0') delete headers['content-type']
    done()
  })

  fastify.addHook('onRoute', (route) => {
    if (route.schema && !route.schema.hide) route.schema = { ...route.schema, querystring: closed(route.schema.querystring) }
  })

  fastify.addHook('preValidation', (request, _reply, done) => {
    if (request.is404) return done()
    // Only what is escaped in an address can be no text, or a NUL.
    const isEscaped = request.url.includes('%')
    if (!isEscaped && !request.isSuspicious) return done()
    if (isEscaped && !isReadable(request.url)) {
      return done(problem('INVALID_INPUT', {}, [{ field: 'querystring', message: 'must be UTF-8, percent-encoded' }]))
    }
    const errors: FieldError[] = []
    if (request.isSuspicious) findUnstorable(request.body, '', errors)
    if (isEscaped) {
      findUnstorable(request.query, '', errors)
      findUnstorable(request.params, '', errors)
    }
    if (errors.length > 0) return done(problem('INVALID_INPUT', {}, errors))
    done()
  })
}, { name: 'validation', dependencies: ['errors'] })

/** JSON is UTF-8 (RFC 8259, section 8.1); a content type that says otherwise is not ours. */
function isJsonCharset (contentType = ''): boolean {
  const [, charset] = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType) ?? []
  return charset === undefined || /^utf-?8$/i.test(charset)
}

/**
 * An empty body is no body, whatever content type a client always sends. Whether one in chunks is empty shows with its first bytes, which
 * do not come before they are asked for where they were only announced.
 */
function refuseUnlessEmpty (request: FastifyRequest, body: IncomingMessage, done: (error: Error | null, body?: undefined) => void): void {
  // An address that does not exist takes no content type.
  if (request.is404) return done(null)
  if (request.headers['content-length'] !== undefined || request.headers.expect !== undefined) {
    return done(problem('UNSUPPORTED_MEDIA_TYPE'))
  }
  const onData = () => {
    body.off('end', onEnd)
    done(problem('UNSUPPORTED_MEDIA_TYPE'))
  }
  const onEnd = () => {
    body.off('data', onData)
    done(null)
  }
  body.once('data', onData).once('end', onEnd)
}

/** A query that takes what it names and nothing else: a list that cannot sort must not seem to. */
function closed (querystring: unknown): unknown {
  return { type: 'object', properties: {}, additionalProperties: false, ...querystring as object }
}

/** The parser of queries passes over an escape that is none, or bytes that are no text, and leaves them as they stand. */
function isReadable (url: string): boolean {
  try {
    decodeURIComponent(url)
    return true
  } catch {
    return false
  }
}

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
