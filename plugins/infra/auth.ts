import { createHash, timingSafeEqual } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import { problem } from './errors.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** An onRequest hook: only callers with one of API_KEYS; everyone in development with none set. */
    requireApiKey (request: FastifyRequest): Promise<void>
  }
}

/** What keys are compared by: of one length, and no key itself. */
export const digest = (key: string) => createHash('sha256').update(key).digest()

/** Who may call which face. */
export default fp(async (fastify) => {
  const keys = fastify.config.API_KEYS.map(digest)
  if (keys.length === 0) fastify.log.warn('API_KEYS is not set: the service API is open to everyone who reaches this port')

  fastify.decorate('requireApiKey', async (request: FastifyRequest) => {
    if (keys.length === 0) return
    const caller = callerByKey(request, keys)
    if (caller === undefined) throw problem('NOT_IDENTIFIED')
    request.caller = caller
  })
}, { name: 'auth', dependencies: ['errors', 'context'] })

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
