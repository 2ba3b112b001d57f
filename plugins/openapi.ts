import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fp from 'fastify-plugin'
import type { FastifyContextConfig, FastifyReply, FastifyRequest, FastifySchema } from 'fastify'
import { PAGE_POLICY } from './browser.ts'
import { takesGzip, varyByEncoding } from './compression.ts'
import { PROBES } from './pressure.ts'
import { headers, RATE_LIMITS, share, type Document } from '../common/openapi-document.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of a body that is text and no JSON. */
    bodyExample?: string
  }
}

const require = createRequire(import.meta.url)
const { version } = require('../package.json') as { version: string }

const REDOC_PAGE = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>db-service API</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>body { margin: 0 }</style></head>
<body><redoc spec-url="/openapi.json" hide-download-button="false"></redoc>
<script src="/redoc/redoc.standalone.js"></script></body>
</html>`

/** The OpenAPI document, made from the routes' own schemas, and two pages that show it; both work without internet. */
export default fp(async (fastify) => {
  await fastify.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'db-service',
        version,
        description: 'The database gateway of an online shop: users, carts, orders and the catalogue. ' +
          'Errors are problem details (RFC 9457); money is exact to the cent; times are UTC. ' +
          'Every response has an `X-Request-Id`, the caller’s own where it sent one; the log knows the request by it.' +
          ' A refusal can have the `RateLimit` headers that its operation’s successes have.',
        contact: { name: 'The maintainers of db-service' },
        license: { name: 'MIT', identifier: 'MIT' }
      },
      // The service API's, which most operations are of; others say who may call them.
      security: [{ apiKey: [] }, { bearer: [] }, { basic: [] }],
      servers: [{ url: '/', description: 'this gateway' }],
      tags: [
        { name: 'Catalogue', description: 'products, departments, aisles' },
        { name: 'Users', description: 'people, logins, passwords, reminder settings' },
        { name: 'Carts', description: 'one cart a user, always at today’s prices' },
        { name: 'Orders', description: 'orders, their items, status and invoices' },
        { name: 'Events', description: 'what happens to orders, as a feed' },
        { name: 'Notifications', description: 'the unsubscribe link of emails' },
        { name: 'Management: orders', description: 'for the back office: any order, sums over all that match' },
        { name: 'Management: products', description: 'for the back office: names, prices, stock' },
        { name: 'Management: users', description: 'for the back office: names and email addresses' },
        {
          name: 'Management: jobs', description: 'for the operator: what waits, what failed for good, trying it again'
        },
        { name: 'Management: webhooks', description: 'where order events are sent, and whether they arrive' },
        { name: 'Management: invariants', description: 'for the operator: whether the shop’s laws hold' },
        { name: 'Storefront: catalogue', description: 'products as a shop front shows them' },
        { name: 'Storefront: accounts', description: 'registering and logging in: where tokens come from' },
        {
          name: 'Storefront: orders',
          description: 'a customer’s own orders, with tax and shipping; admins see everybody’s'
        },
        { name: 'Storefront: carts', description: 'the caller’s own cart; `me` stands for the caller' },
        { name: 'Storefront: account', description: 'the caller’s own account; `me` stands for the caller' },
        { name: 'Gateway', description: 'what the people who run it look at' }
      ],
      components: {
        headers,
        // What people type in comes last: Swagger UI shows them all in one dialog, and begins at its end.
        securitySchemes: {
          upstreamUserId: {
            type: 'apiKey', in: 'header', name: 'X-User-Id', description: 'counts from TRUSTED_UPSTREAMS only'
          },
          upstreamUserEmail: { type: 'apiKey', in: 'header', name: 'X-User-Email' },
          upstreamUserRole: {
            type: 'apiKey', in: 'header', name: 'X-User-Role', description: 'customer (default) or admin'
          },
          adminBasic: {
            type: 'http', scheme: 'basic', description: 'an admin API key, as user name or as password'
          },
          adminBearer: { type: 'http', scheme: 'bearer', description: 'an admin API key' },
          adminKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'an admin API key' },
          basic: {
            type: 'http', scheme: 'basic', description: 'an API key, as user name or as password: http://KEY@host'
          },
          bearer: { type: 'http', scheme: 'bearer', description: 'an API key' },
          token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'a token from /api/auth/login' },
          apiKey: { type: 'apiKey', in: 'header', name: 'X-API-Key', description: 'an API key' }
        }
      }
    },
    transform: ({ schema = {}, url, route: { config, method } }) => ({
      schema: withDryRun(withRateLimits(withOptionalDefaults(withBinaryBody(schema, config)), url, config), method), url
    }),
    transformObject: (made) => {
      const { openapiObject } = made as { openapiObject: object }
      share(openapiObject as Document)
      return openapiObject
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, index) => typeof json.$id === 'string' ? json.$id : `def-${index}`
    }
  })

  await fastify.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: PAGE_POLICY,
    theme: {
      title: 'db-service API', css: [{ filename: 'theme.css', content: '.swagger-ui .topbar { display: none }' }]
    },
    uiConfig: {
      tryItOutEnabled: true,
      displayRequestDuration: true,
      docExpansion: 'list',
      persistAuthorization: true
    }
  })

  const sendDocument = kept('application/json; charset=utf-8', 'no-cache', () => JSON.stringify(fastify.swagger()))
  // Made by scripts/vendor-redoc.ts.
  const sendBundle = kept('text/javascript; charset=utf-8', 'public, max-age=86400', () =>
    readFileSync(join(import.meta.dirname, 'assets/redoc.standalone.js')))
  const hidden = { schema: { hide: true } }
  fastify.get('/openapi.json', hidden, sendDocument)
  fastify.get('/redoc', { ...hidden, config: { page: 'documentation' } },
    async (_request, reply) => reply.type('text/html; charset=utf-8').send(REDOC_PAGE))
  fastify.get('/redoc/redoc.standalone.js', hidden, sendBundle)
}, { name: 'openapi', dependencies: ['errors', 'rate-limit', 'compression'] })

/**
 * A handler for what never changes: made and compressed when it is first asked for, each form with an ETag of its own.
 * A 304 comes from plugins/caching.ts.
 */
function kept (type: string, cacheControl: string, make: () => string | Buffer) {
  const prepare = async () => {
    const plain = Buffer.from(make())
    const hash = createHash('sha256').update(plain).digest('base64url')
    return { plain, gzipped: await promisify(gzip)(plain, { level: 9 }), hash }
  }
  let forms: ReturnType<typeof prepare> | undefined
  return async (request: FastifyRequest, reply: FastifyReply) => {
    const { plain, gzipped, hash } = await (forms ??= prepare())
    varyByEncoding(reply)
    reply.type(type).header('cache-control', cacheControl)
    return takesGzip(request)
      ? reply.header('content-encoding', 'gzip').header('etag', `"${hash}-gzip"`).send(gzipped)
      : reply.header('etag', `"${hash}"`).send(plain)
  }
}

/** A route that takes documents, not JSON, has no body schema to check by; the OpenAPI document shows what it takes. */
function withBinaryBody (schema: FastifySchema, { bodyExample }: FastifyContextConfig = {}): FastifySchema {
  if (!schema.consumes) return schema
  const content = schema.consumes.map((type) => [type, {
    schema: type.startsWith('text/')
      ? { type: 'string', examples: [bodyExample] }
      : { type: 'string', format: 'binary' }
  }])
  return { ...schema, body: { content: Object.fromEntries(content) } }
}

/** What writes can be tried (plugins/dry-runs.ts). */
function withDryRun (schema: FastifySchema, method: string | string[]): FastifySchema {
  if (method === 'GET' || method === 'HEAD') return schema
  const headers = schema.headers as { properties?: object } | undefined
  return { ...schema, headers: { type: 'object', ...headers, properties: { ...headers?.properties, ...PREFER } } }
}

const PREFER = {
  prefer: {
    type: 'string',
    description: '`tx=rollback`: a dry run. The response is what it would be, `Preference-Applied` says so, and ' +
      'nothing is kept'
  }
}

interface Query { properties?: Record<string, { default?: unknown }>, required?: string[] }

/** A handler can rely on a parameter that has a default; a caller need not send it. */
function withOptionalDefaults (schema: FastifySchema): FastifySchema {
  const query = schema.querystring as Query | undefined
  if (!query?.required) return schema
  const required = query.required.filter((name) => query.properties?.[name]?.default === undefined)
  return { ...schema, querystring: { ...query, required } }
}

type Responses = Record<string, { headers?: object }>

/**
 * Whose requests are counted: callers without an API key, attempts at a password, and what has a limit of its own
 * (plugins/limits.ts).
 */
function withRateLimits (schema: FastifySchema, url: string, config: FastifyContextConfig = {}): FastifySchema {
  const responses = (schema.response ?? {}) as Responses
  const takesNoKey = !schema.security?.some((scheme) => 'apiKey' in scheme) && !PROBES.has(url)
  const checksPassword = /PASSWORD_INCORRECT|INVALID_CREDENTIALS/.test(JSON.stringify(responses))
  if (!takesNoKey && !checksPassword && config.rateLimit === undefined) return schema
  const counted = Object.entries(responses).map(([status, response]) =>
    [status, status < '400' ? { ...response, headers: { ...response.headers, ...RATE_LIMITS } } : response])
  return { ...schema, response: Object.fromEntries(counted) }
}
