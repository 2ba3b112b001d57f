import { createHash, timingSafeEqual } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import { problem } from './errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** An onRequest hook: only callers with one of API_KEYS; everyone in development with none set. */
    requireApiKey (request: FastifyRequest): Promise<void>
    /** An onRequest hook: only callers with one of ADMIN_API_KEYS; with none set everyone in development, nobody in production. */
    requireAdmin (request: FastifyRequest): Promise<void>
  }
}

const digest = (key: string) => createHash('sha256').update(key).digest()

/** Who may call which face. */
export default fp(async (fastify) => {
  const { config, log } = fastify
  const keys = config.API_KEYS.map(digest)
  if (keys.length === 0) log.warn('API_KEYS is not set: the service API is open to everyone who reaches this port')
  const adminKeys = config.ADMIN_API_KEYS.map(digest)
  const isManagementOpen = adminKeys.length === 0 && config.NODE_ENV !== 'production'
  if (isManagementOpen) log.warn('ADMIN_API_KEYS is not set: the management API is open to everyone who reaches this port')

  fastify.decorate('requireApiKey', async (request: FastifyRequest) => {
    if (keys.length > 0) request.caller = `key:${fittingKey(request, keys)}`
  })

  // The callers of the management API have names of their own: a key that is in both lists has two sets of Idempotency-Keys.
  fastify.decorate('requireAdmin', async (request: FastifyRequest) => {
    // By key. A token whose role is admin would be looked at here, before the key.
    request.caller = isManagementOpen ? 'admin' : `admin-key:${fittingKey(request, adminKeys)}`
  })
}, { name: 'auth', dependencies: ['errors', 'context'] })

/** What a caller's key is known by here. Rejects with NOT_IDENTIFIED unless the request brings one of these keys. */
function fittingKey (request: FastifyRequest, keys: Buffer[]): string {
  const given = keyOf(request)
  if (given === undefined) throw problem('NOT_IDENTIFIED')
  // Digests have one length, and every key is compared: the time tells nothing.
  const candidate = digest(given)
  const fits = keys.filter((key) => timingSafeEqual(key, candidate))
  if (fits.length === 0) throw problem('NOT_IDENTIFIED')
  return candidate.toString('base64url').slice(0, 16)
}

function keyOf (request: FastifyRequest): string | undefined {
  const key = request.headers['x-api-key']
  if (typeof key === 'string') return key
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
}
