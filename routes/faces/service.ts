import type { FastifyInstance } from 'fastify'
import { Cart } from '../carts/index.ts'
import { Order } from '../orders/schema.ts'
import { Aisle, Department, Product } from '../catalogue/schema.ts'
import { User } from '../users/schema.ts'
import { OrderEnvelope, OrderPageEnvelope } from '../orders/service-envelope.ts'

/** The service API's access rule, an API key, and the shapes its routes refer to by name. */
export function serviceFace (fastify: FastifyInstance): void {
  fastify.addHook('onRequest', fastify.requireApiKey)
  // The OpenAPI document says so for every route of this face.
  fastify.addHook('onRoute', (route) => {
    if (route.schema) route.schema = { security: [{ apiKey: [] }, { bearer: [] }, { basic: [] }], ...route.schema }
  })
  for (const schema of [Product, Department, Aisle, User, Cart, Order, OrderEnvelope, OrderPageEnvelope]) {
    fastify.addSchema(schema)
  }
}
