import { isUtf8 } from 'node:buffer'
import type { IncomingMessage } from 'node:http'
import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import { MAX_FIELD_ERRORS, problem, type FieldError } from '../common/problems.ts'
import { inspect } from '../common/json-text.ts'
import { ALL_FAULTS, large } from '../common/schema-compilers.ts'

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
    if (!isUtf8Charset(request.headers['content-type'])) return done(problem('UNSUPPORTED_MEDIA_TYPE'))
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
    if (route.schema && !route.schema.hide) {
      route.schema = { ...route.schema, querystring: closed(route.schema.querystring) }
    }
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

/** JSON is UTF-8 (RFC 8259, section 8.1), and so is CSV here; a content type that says otherwise is not ours. */
export function isUtf8Charset (contentType = ''): boolean {
  const [, charset] = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType) ?? []
  return charset === undefined || /^utf-?8$/i.test(charset)
}

/**
 * An empty body is no body, whatever content type a client always sends. Whether one in chunks is empty shows with its
 * first bytes, which do not come before they are asked for where they were only announced.
 */
function refuseUnlessEmpty (
  request: FastifyRequest, body: IncomingMessage, done: (error: Error | null, body?: undefined) => void
): void {
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

/** The parser of queries ignores an escape that is none, or bytes that are no text, and leaves them as they stand. */
function isReadable (url: string): boolean {
  try {
    decodeURIComponent(url)
    return true
  } catch {
    return false
  }
}

/**
 * PostgreSQL stores no NUL, and half a surrogate pair would be replaced in silence. The depth of what is given is
 * bounded already.
 */
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
