import type { FastifyPluginAsync } from 'fastify'
import { StorefrontOrder } from '../../plugins/domain/orders/storefront-schema.ts'
import { StorefrontOrderPage } from './orders/schema.ts'
import { StorefrontCart, StorefrontOrderEnvelope, StorefrontServiceOrder, StorefrontUser } from './own-user.ts'
import { StorefrontProduct } from './products/products.ts'

/** The storefront's access rule, an identified person, but for the routes whose schema says that none is needed. */
const hooks: FastifyPluginAsync = async (fastify) => {
  fastify.addHook('onRequest', async (request) => {
    if (request.routeOptions.schema?.security?.length !== 0) await fastify.requireIdentity(request)
  })
  // The OpenAPI document says so for every route of this face.
  fastify.addHook('onRoute', (route) => {
    if (route.schema) {
      route.schema = { security: [{ token: [] }, { upstreamUserId: [], upstreamUserEmail: [], upstreamUserRole: [] }], ...route.schema }
    }
  })
  for (const schema of [
    StorefrontProduct, StorefrontOrder, StorefrontOrderPage, StorefrontCart, StorefrontUser, StorefrontServiceOrder, StorefrontOrderEnvelope
  ]) fastify.addSchema(schema)
}

export default hooks
