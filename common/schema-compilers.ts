import { Ajv, type Options } from 'ajv'
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { FastifySchemaCompiler, FastifySerializerCompiler } from 'fastify'
import { isEmailAddress } from './addresses.ts'
import { isMoment } from './moments.ts'

const serializerFactory = SerializerSelector()

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/**
 * Bytes of a body up to which all of its faults are looked for, not the first one alone: 1 MiB of them takes a second.
 */
export const ALL_FAULTS = 16_384

/** Parsed bodies that are larger than that: plugins/validation.ts adds them. */
export const large = new WeakSet<object>()

/** The schemas are TypeBox's: checking them against the schema of schemas only takes time. */
function validator (options: Options): Ajv {
  const ajv = new Ajv({
    allErrors: true,
    useDefaults: true,
    removeAdditional: false,
    strict: false,
    meta: false,
    validateSchema: false,
    ...options
  })
  ajv.addFormat('uuid', UUID)
  ajv.addFormat('idn-email', isEmailAddress)
  ajv.addFormat('timestamp', isMoment)
  return ajv
}

/**
 * Makes the compiler that checks requests (a server option, see options.ts). In a body a text is never taken for a
 * number, or null for 0; a URL knows only text, so there it is converted.
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
 * A factory of compilers that makes one for equal shared schemas. Fastify asks for one in each scope and at each route
 * of a scope with schemas of its own, some sixty times a start, and three Ajvs each take longer than the rest of it.
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
 * Compiles when it is first needed, and equal schemas once: /legacy has those of the service face again. With four
 * faces there are a thousand, most of them of refusals, which are never written that way: compiling all of them took
 * most of the time that a start takes.
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
