import { hash, timingSafeEqual } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { problem } from '../common/problems.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** An onRequest hook: only callers with one of API_KEYS; everyone in development with none set. */
    requireApiKey (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void
    /**
     * An onRequest hook: only callers with one of ADMIN_API_KEYS, or an administrator's token; with no key set everyone
     * in development.
     */
    requireAdmin (request: FastifyRequest): Promise<void>
  }
}

/** What a caller without a key is told (errors.ts). */
const CHALLENGE = 'Bearer, Basic realm="db-service", charset="UTF-8"'

/** What keys are compared by: of one length, and no key itself. */
export const digest = (key: string) => hash('sha256', key, 'buffer')

/** Who may call which face. */
export default fp(async (fastify) => {
  const { config, log } = fastify
  const keys = config.API_KEYS.map(digest)
  if (keys.length === 0) log.warn('API_KEYS is not set: the service API is open to everyone who reaches this port')
  const adminKeys = config.ADMIN_API_KEYS.map(digest)
  const isManagementOpen = adminKeys.length === 0 && config.NODE_ENV !== 'production'
  if (isManagementOpen) {
    log.warn('ADMIN_API_KEYS is not set: the management API is open to everyone who reaches this port')
  }

  fastify.decorate('requireApiKey', (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void) => {
    if (keys.length === 0) return done()
    request.challenge = CHALLENGE
    const caller = callerByKey(request, keys)
    if (caller === undefined) return done(problem('NOT_IDENTIFIED'))
    request.caller = caller
    done()
  })

  // The callers of the management API have names of their own: a key that is in both lists has two sets of
  // Idempotency-Keys.
  fastify.decorate('requireAdmin', async (request: FastifyRequest) => {
    request.challenge = CHALLENGE
    const key = callerByKey(request, adminKeys)
    if (key !== undefined) request.caller = `admin-${key}`
    else if (isManagementOpen) request.caller = 'admin'
    else {
      const identity = await fastify.identifyByToken(request)
      if (!identity) throw problem('NOT_IDENTIFIED')
      if (identity.role !== 'admin') throw problem('FORBIDDEN')
      request.caller = `admin-user:${identity.userId}`
    }
  })
}, { name: 'auth', dependencies: ['errors', 'context', 'identity'] })

/** The name of a caller who sends one of these keys (digests), else undefined. */
export function callerByKey (request: FastifyRequest, keys: Buffer[]): string | undefined {
  let caller: string | undefined
  // Digests have one length, and every key is compared with all that was sent: the time tells nothing.
  for (const candidate of keysOf(request).map(digest)) {
    if (keys.filter((key) => timingSafeEqual(key, candidate)).length > 0) {
      caller = `key:${candidate.toString('base64url').slice(0, 16)}`
    }
  }
  return caller
}

/**
 * What may be a key: in HTTP Basic the user name or the password, so that a key fits into a base URL (http://KEY@host).
 */
function keysOf (request: FastifyRequest): string[] {
  const key = request.headers['x-api-key']
  if (typeof key === 'string') return [key]
  const [, scheme = '', credentials = ''] = /^(Bearer|Basic) +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
  if (scheme.toLowerCase() !== 'basic') return credentials === '' ? [] : [credentials]
  const text = Buffer.from(credentials, 'base64').toString('utf8')
  if (!text.includes(':')) return []
  // RFC 7617 ends the user name at the first colon; a key with a colon in it is what stands before the last one.
  return [text.slice(0, text.indexOf(':')), text.slice(text.indexOf(':') + 1), text.slice(0, text.lastIndexOf(':'))]
}
