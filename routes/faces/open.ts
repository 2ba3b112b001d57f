import type { FastifyInstance } from 'fastify'
import { StorefrontProduct, StorefrontProductPage } from '../catalogue/storefront.ts'
import { About } from '../operations/about.ts'
import { probeSchemas } from '../operations/probes.ts'
import { accountSchemas } from '../users/storefront-auth.ts'

/** For everybody: no key, no identity. */
export function openFace (fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (route.schema) route.schema = { security: [], ...route.schema }
  })
  for (const schema of [StorefrontProduct, StorefrontProductPage, About, ...probeSchemas, ...accountSchemas]) {
    fastify.addSchema(schema)
  }
}
