import { Readable } from 'node:stream'
import { constants, createGzip, gzip } from 'node:zlib'
import fp from 'fastify-plugin'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** What is smaller is on its way sooner than it is compressed. */
const WORTH_BYTES = 16_384

/** Already four to eight times smaller, in a third of the time of the default. */
const FAST = { level: constants.Z_BEST_SPEED }

const TEXT = /^(?:text\/|application\/(?:[\w.+-]*json|javascript|xml)|image\/svg)/

/**
 * Large responses are compressed for those who ask for it, on a thread of their own. A response with a strong ETag is
 * sent as it is: the tag stands for its very bytes (RFC 9110, section 8.8.1), and If-Match must find them again. Lists
 * have none.
 */
export default fp(async (fastify) => {
  // Each route's own, and so the last: /legacy still rewrites text in a hook of its face.
  fastify.addHook('onRoute', (route) => {
    route.onSend = [route.onSend ?? [], compressed].flat() as typeof route.onSend
  })
}, { name: 'compression', dependencies: ['errors'] })

/** Whether a client takes gzip (RFC 9110, section 12.5.3). */
export function takesGzip ({ headers }: FastifyRequest): boolean {
  const offers = String(headers['accept-encoding'] ?? '').toLowerCase().split(',')
    .map((offer) => offer.trim().split(/\s*;\s*q=/))
  const offer = offers.find(([coding]) => coding === 'gzip') ?? offers.find(([coding]) => coding === '*')
  return offer !== undefined && Number(offer[1] ?? 1) > 0
}

/** Says that the response depends on what the client takes. */
export function varyByEncoding (reply: FastifyReply): void {
  reply.header('vary', [reply.getHeader('vary') ?? [], 'Accept-Encoding'].flat().join(', '))
}

/** With a callback: a promise for each response costs more than to see that it is small. */
function compressed (
  request: FastifyRequest, reply: FastifyReply, payload: unknown, done: (error: Error | null, payload?: unknown) => void
): void {
  const isStream = payload instanceof Readable
  const size = isStream
    ? Number(reply.getHeader('content-length') ?? Infinity)
    : (payload as string | Buffer | null)?.length ?? 0
  if (size < WORTH_BYTES || !TEXT.test(String(reply.getHeader('content-type')))) return done(null, payload)
  if (reply.hasHeader('content-encoding') || String(reply.getHeader('cache-control') ?? '').includes('no-transform')) {
    return done(null, payload)
  }
  if (String(reply.getHeader('etag') ?? '').startsWith('"')) return done(null, payload)
  varyByEncoding(reply)
  if (!takesGzip(request)) return done(null, payload)
  reply.header('content-encoding', 'gzip').removeHeader('content-length')
  if (!isStream) return gzip(payload as string | Buffer, FAST, done)
  const stream = createGzip(FAST)
  payload.on('error', (error) => stream.destroy(error))
  // A caller who leaves ends the one, and the other would wait for ever to be read.
  stream.on('close', () => payload.destroy())
  done(null, payload.pipe(stream))
}
