import type { FastifyInstance } from 'fastify'
import { StorefrontOrder, StorefrontOrderPage } from '../orders/storefront-schema.ts'
import { StorefrontCart, StorefrontOrderEnvelope, StorefrontServiceOrder, StorefrontUser } from './own-user.ts'

/** The storefront's access rule, an identified person. */
export function storefrontFace (fastify: FastifyInstance): void {
  fastify.addHook('onRequest', async (request) => await fastify.requireIdentity(request))
  // The OpenAPI document says so for every route of this face.
  fastify.addHook('onRoute', (route) => {
    if (route.schema) {
      route.schema = {
        security: [{ token: [] }, { upstreamUserId: [], upstreamUserEmail: [], upstreamUserRole: [] }], ...route.schema
      }
    }
  })
  for (const schema of [
    StorefrontOrder, StorefrontOrderPage, StorefrontCart, StorefrontUser, StorefrontServiceOrder,
    StorefrontOrderEnvelope
  ]) fastify.addSchema(schema)
}
