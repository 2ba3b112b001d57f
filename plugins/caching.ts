import { createHash } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { IfNoneMatch } from '../schemas.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Part of the catalogue, which names nobody: a cache may keep it, and asks each time whether it still holds. */
    isCatalogue?: boolean
    /** Responses with one resource and its ETag: of the handler's own, or computed here of the response's bytes. */
    etag?: 'own' | 'body'
  }
}

/** What caches are told about every response, and a 304 for what the caller has already. */
export default fp(async (fastify) => {
  fastify.addHook('onRoute', (route) => {
    if (route.config?.etag === undefined) return
    const { headers, response = {} } = route.schema ?? {}
    const { 200: found, ...others } = response as { 200: { headers?: object } }
    const tag = { ...found.headers, ETag: {} }
    const { properties } = (headers ?? {}) as { properties?: object }
    route.schema = {
      ...route.schema,
      headers: { type: 'object', ...headers as object, properties: { ...properties, ...IfNoneMatch } },
      response: {
        200: { ...found, headers: tag },
        ...others,
        304: { description: 'Not Modified: If-None-Match names the ETag it still has', headers: tag, type: 'null' }
      }
    }
  })

  fastify.addHook('onSend', (request, reply, payload, done) => {
    const { config, schema } = request.routeOptions
    // The pages of the documentation have rules of their own.
    const isApi = !schema?.hide || config.legacy !== undefined
    if (isApi && !reply.hasHeader('cache-control')) {
      reply.header('cache-control', config.isCatalogue ? 'no-cache' : 'no-store')
    }
    if (config.etag === 'body' && reply.statusCode === 200 && typeof payload === 'string') {
      reply.header('etag', `"${createHash('sha1').update(payload).digest('base64url')}"`)
    }
    if (!isKnown(request, reply)) return done(null, payload)
    reply.code(304)
    // Fastify takes the length of what a HEAD is not sent, and then what it is.
    if (request.method === 'HEAD') return done(null, payload)
    reply.removeHeader('content-type').removeHeader('content-length').removeHeader('content-encoding')
    done(null, null)
  })
}, { name: 'caching', dependencies: ['context'] })

/**
 * Whether the caller has this very version (RFC 9110, section 13.1.2): compared weakly, as a proxy may have weakened
 * the tag.
 */
function isKnown (request: FastifyRequest, reply: FastifyReply): boolean {
  const wanted = request.headers['if-none-match']
  const tag = reply.getHeader('etag')
  if (wanted === undefined || typeof tag !== 'string' || reply.statusCode !== 200) return false
  if (request.method !== 'GET' && request.method !== 'HEAD') return false
  const tags: string[] = wanted.match(/"[^"]*"/g) ?? []
  return wanted.trim() === '*' || tags.includes(tag.replace(/^W\//, ''))
}
