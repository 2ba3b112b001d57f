import type { FastifyPluginAsync } from 'fastify'
import { Cart } from '../../plugins/domain/carts.ts'
import { Order } from '../../plugins/domain/orders/schema.ts'
import { Aisle, Department, Product } from '../../plugins/domain/products.ts'
import { User } from '../../plugins/domain/users/schema.ts'
import { OrderEnvelope, OrderPageEnvelope } from './orders/envelope.ts'

/** The service API's access rule, an API key, and the shapes its routes refer to by name. */
const hooks: FastifyPluginAsync = async (fastify) => {
  fastify.addHook('onRequest', fastify.requireApiKey)
  // The OpenAPI document says so for every route of this face.
  fastify.addHook('onRoute', (route) => {
    if (route.schema) route.schema = { security: [{ apiKey: [] }, { bearer: [] }, { basic: [] }], ...route.schema }
  })
  for (const schema of [Product, Department, Aisle, User, Cart, Order, OrderEnvelope, OrderPageEnvelope]) {
    fastify.addSchema(schema)
  }
}

export default hooks
