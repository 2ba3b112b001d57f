import { createHash, timingSafeEqual } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import { problem } from './errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** An onRequest hook: only callers with one of API_KEYS; everyone in development with none set. */
    requireApiKey (request: FastifyRequest): Promise<void>
    /** An onRequest hook: only callers with one of ADMIN_API_KEYS, or an administrator's token; with no key set everyone in development. */
    requireAdmin (request: FastifyRequest): Promise<void>
  }
}

/** What keys are compared by: of one length, and no key itself. */
export const digest = (key: string) => createHash('sha256').update(key).digest()

/** Who may call which face. */
export default fp(async (fastify) => {
  const { config, log } = fastify
  const keys = config.API_KEYS.map(digest)
  if (keys.length === 0) log.warn('API_KEYS is not set: the service API is open to everyone who reaches this port')
  const adminKeys = config.ADMIN_API_KEYS.map(digest)
  const isManagementOpen = adminKeys.length === 0 && config.NODE_ENV !== 'production'
  if (isManagementOpen) log.warn('ADMIN_API_KEYS is not set: the management API is open to everyone who reaches this port')

  fastify.decorate('requireApiKey', async (request: FastifyRequest) => {
    if (keys.length > 0) request.caller = identified(callerByKey(request, keys))
  })

  // The callers of the management API have names of their own: a key that is in both lists has two sets of Idempotency-Keys.
  fastify.decorate('requireAdmin', async (request: FastifyRequest) => {
    const key = callerByKey(request, adminKeys)
    if (key !== undefined) request.caller = `admin-${key}`
    else if (isManagementOpen) request.caller = 'admin'
    else request.caller = `admin-user:${await adminByToken(request)}`
  })

  /** The id of the administrator whose token it is. Rejects with NOT_IDENTIFIED, FORBIDDEN. */
  async function adminByToken (request: FastifyRequest): Promise<string> {
    const identity = await fastify.identifyByToken(request)
    if (!identity) throw problem('NOT_IDENTIFIED')
    if (identity.role !== 'admin') throw problem('FORBIDDEN')
    return identity.userId
  }
}, { name: 'auth', dependencies: ['errors', 'context', 'identity'] })

function identified (caller: string | undefined): string {
  if (caller === undefined) throw problem('NOT_IDENTIFIED')
  return caller
}

/** The name of a caller who sends one of these keys (digests), else undefined. */
export function callerByKey (request: FastifyRequest, keys: Buffer[]): string | undefined {
  const given = keyOf(request)
  if (given === undefined) return undefined
  // Digests have one length, and every key is compared: the time tells nothing.
  const candidate = digest(given)
  const fits = keys.filter((key) => timingSafeEqual(key, candidate))
  return fits.length > 0 ? `key:${candidate.toString('base64url').slice(0, 16)}` : undefined
}

function keyOf (request: FastifyRequest): string | undefined {
  const key = request.headers['x-api-key']
  if (typeof key === 'string') return key
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
}
