import cors from '@fastify/cors'
import fp from 'fastify-plugin'

/** How long a browser may keep the response to a preflight, in seconds. */
const MAX_AGE = 600

/** Lets pages of CORS_ORIGINS call from a browser; others, and all without that setting, get no CORS header at all. */
export default fp(async (fastify) => {
  const origins = new Set(fastify.config.CORS_ORIGINS)
  if (origins.size === 0) return
  await fastify.register(cors, {
    origin: origins.has('*')
      ? '*'
      : (origin, done) => done(null, origin !== undefined && origins.has(origin) ? origin : false),
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: [
      'Authorization', 'Consistency-Token', 'Content-Type', 'Idempotency-Key', 'If-Match', 'If-None-Match', 'Prefer',
      'X-Actor', 'X-API-Key', 'X-Request-Id'
    ],
    exposedHeaders: [
      'ETag', 'Location', 'Idempotency-Replayed', 'Consistency-Token', 'Allow', 'Preference-Applied', 'X-Request-Id',
      'Retry-After',
      'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'
    ],
    maxAge: MAX_AGE,
    // An OPTIONS without Access-Control-Request-Method gets the same response, not a refusal in plain text.
    strictPreflight: false
  })
}, { name: 'cors', dependencies: ['context'] })
