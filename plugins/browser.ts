import helmet from '@fastify/helmet'
import fp from 'fastify-plugin'

/** What the pages of the documentation need: their own scripts, the styles these make, pictures in the page, ReDoc's search worker. */
export const PAGE_POLICY = {
  'default-src': ["'self'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'worker-src': ["'self'", 'blob:'],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'frame-ancestors': ["'none'"]
}

/**
 * What browsers are told about every answer: never guess its type, show it in a frame, load anything for it, or pass its address
 * on. The pages of the documentation have PAGE_POLICY instead (plugins/openapi.ts).
 */
export default fp(async (fastify) => {
  await fastify.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"] }
    },
    frameguard: { action: 'deny' },
    // A browser that has once heard it uses nothing but HTTPS for this host, so only where that is how the shop is reached.
    strictTransportSecurity: fastify.config.PUBLIC_URL.startsWith('https:'),
    // For browsers long gone, or for pages that link to others: an API has neither.
    dnsPrefetchControl: false,
    ieNoOpen: false,
    originAgentCluster: false,
    permittedCrossDomainPolicies: false
  })
}, { name: 'helmet', dependencies: ['context'] })
