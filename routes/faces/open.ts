import type { FastifyInstance } from 'fastify'
import { StorefrontProduct } from '../catalogue/storefront.ts'

/** For everybody: no key, no identity. */
export function openFace (fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (route.schema) route.schema = { security: [], ...route.schema }
  })
  fastify.addSchema(StorefrontProduct)
}
