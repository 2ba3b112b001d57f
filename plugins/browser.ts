import helmet, { type FastifyHelmetOptions } from '@fastify/helmet'
import Fastify from 'fastify'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * A page for people, which needs more than the API: scripts and styles of this gateway's, or a form and its style.
     */
    page?: keyof typeof PAGES
  }
}

/**
 * What the pages of the documentation need: their own scripts, the styles these make, pictures in the page, ReDoc's
 * search worker.
 */
export const PAGE_POLICY = "default-src 'self';script-src 'self';style-src 'self' 'unsafe-inline';" +
  "img-src 'self' data:;worker-src 'self' blob:;object-src 'none';base-uri 'none';frame-ancestors 'none'"

const USUAL_POLICY = "default-src 'none';frame-ancestors 'none'"

const PAGES = {
  documentation: PAGE_POLICY,
  form: "default-src 'none';style-src 'unsafe-inline';form-action 'self';frame-ancestors 'none'"
}

/**
 * What browsers are told about every response: never guess its type, show it in a frame, load anything for it, or pass
 * its address on. Pages say in their route's config what they need besides.
 */
export default fp(async (fastify) => {
  const usual = await headersOf({
    // Another one for each kind of page.
    contentSecurityPolicy: false,
    frameguard: { action: 'deny' },
    // A browser that has once heard it uses nothing but HTTPS for this host, so only where that is how the shop is
    // reached.
    strictTransportSecurity: fastify.config.PUBLIC_URL.startsWith('https:'),
    // For browsers long gone, or for pages that link to others: an API has neither.
    dnsPrefetchControl: false,
    ieNoOpen: false,
    originAgentCluster: false,
    permittedCrossDomainPolicies: false
  })
  usual['content-security-policy'] = USUAL_POLICY
  fastify.addHook('onRequest', (request, reply, done) => {
    const { page } = request.routeOptions.config
    reply.headers(usual)
    if (page !== undefined) reply.header('content-security-policy', PAGES[page])
    done()
  })
}, { name: 'browser', dependencies: ['context'] })

/**
 * The headers that @fastify/helmet sets. It works them out anew for each request, a seventh of what one without a
 * statement costs; they are always the same, so it is asked once.
 */
async function headersOf (options: FastifyHelmetOptions): Promise<Record<string, string>> {
  const bare = Fastify()
  await bare.register(helmet, options)
  const set: Record<string, string> = {}
  bare.get('/', async (_request, reply) => { Object.assign(set, reply.raw.getHeaders()) })
  await bare.inject('/')
  await bare.close()
  return set
}
