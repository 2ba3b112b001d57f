import { hash, timingSafeEqual } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { problem } from '../common/problems.ts'

/** Who sends a key of ours, by the list it is in. A key has one name, and may be in both lists. */
interface KeyNames { service?: string, admin?: string }

declare module 'fastify' {
  interface FastifyRequest {
    /** Who it is by the keys it carries: asked by limits and by guards, worked out once. */
    readonly keyNames: KeyNames
    /** Undefined: nobody has asked yet. */
    knownKeyNames: KeyNames | undefined
  }
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
const digest = (key: string) => hash('sha256', key, 'buffer')

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

  fastify.decorateRequest('knownKeyNames', undefined)
  fastify.decorateRequest('keyNames', {
    getter (this: FastifyRequest) { return (this.knownKeyNames ??= namesIn(this, keys, adminKeys)) }
  })

  fastify.decorate('requireApiKey', (request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void) => {
    if (keys.length === 0) return done()
    request.challenge = CHALLENGE
    const { service } = request.keyNames
    if (service === undefined) return done(problem('NOT_IDENTIFIED'))
    request.caller = service
    done()
  })

  // The callers of the management API have names of their own: a key that is in both lists has two sets of
  // Idempotency-Keys.
  fastify.decorate('requireAdmin', async (request: FastifyRequest) => {
    request.challenge = CHALLENGE
    const { admin } = request.keyNames
    if (admin !== undefined) request.caller = `admin-${admin}`
    else if (isManagementOpen) request.caller = 'admin'
    else {
      const identity = await fastify.identifyByToken(request)
      if (!identity) throw problem('NOT_IDENTIFIED')
      if (identity.role !== 'admin') throw problem('FORBIDDEN')
      request.caller = `admin-user:${identity.userId}`
    }
  })
}, { name: 'auth', dependencies: ['errors', 'context', 'identity'] })

function namesIn (request: FastifyRequest, keys: Buffer[], adminKeys: Buffer[]): KeyNames {
  const names: KeyNames = {}
  for (const candidate of keysOf(request).map(digest)) {
    // Digests have one length, and every key is compared with all that was sent: the time tells nothing.
    const isIn = (list: Buffer[]) => list.filter((key) => timingSafeEqual(key, candidate)).length > 0
    const name = `key:${candidate.toString('base64url').slice(0, 16)}`
    if (isIn(keys)) names.service = name
    if (isIn(adminKeys)) names.admin = name
  }
  return names
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
