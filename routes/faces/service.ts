import type { FastifyInstance } from 'fastify'
import { cartSchemas } from '../carts/index.ts'
import { catalogueSchemas } from '../catalogue/schema.ts'
import { orderSchemas } from '../orders/schema.ts'
import { eventSchemas } from '../events/service.ts'
import { OrderEnvelope, OrderPageEnvelope } from '../orders/service-envelope.ts'
import { StoredInvoice } from '../orders/service-invoice.ts'
import { Query, Rows } from '../query/service.ts'
import { userSchemas } from '../users/schema.ts'

const schemas = [
  ...cartSchemas, ...catalogueSchemas, ...orderSchemas, OrderEnvelope, OrderPageEnvelope, StoredInvoice, Query, Rows,
  ...userSchemas, ...eventSchemas
]

/** The service API's access rule, an API key, and the shapes its routes refer to by name. */
export function serviceFace (fastify: FastifyInstance): void {
  fastify.addHook('onRequest', fastify.requireApiKey)
  // The OpenAPI document says so for every route of this face.
  fastify.addHook('onRoute', (route) => {
    if (route.schema) route.schema = { security: [{ apiKey: [] }, { bearer: [] }, { basic: [] }], ...route.schema }
  })
  for (const schema of schemas) fastify.addSchema(schema)
}
