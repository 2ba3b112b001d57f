import type { FastifyInstance } from 'fastify'
import { StatusChange } from '../orders/schema.ts'
import {
  NewStorefrontOrder, StorefrontChanges, StorefrontOrder, StorefrontOrderPage
} from '../orders/storefront-schema.ts'
import { ownSchemas } from './own-user.ts'

const schemas = [
  NewStorefrontOrder, StorefrontChanges, StatusChange, StorefrontOrder, StorefrontOrderPage, ...ownSchemas
]

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
  for (const schema of schemas) fastify.addSchema(schema)
}
