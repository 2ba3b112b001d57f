import type { FastifyInstance, FastifySchema } from 'fastify'
import { ManagedProduct } from '../catalogue/schema.ts'
import { ManagedUser } from '../users/schema.ts'
import { ManagedOrder } from '../orders/management.ts'

/**
 * The management API's access rule, its strictness about what it does not know, and the shapes its routes refer to by
 * name.
 */
export function managementFace (fastify: FastifyInstance): void {
  fastify.addHook('onRequest', fastify.requireAdmin)
  fastify.addHook('onRoute', (route) => {
    route.schema = strict({
      security: [{ adminKey: [] }, { adminBearer: [] }, { adminBasic: [] }, { token: [] }], ...route.schema
    })
  })
  for (const schema of [ManagedOrder, ManagedProduct, ManagedUser]) fastify.addSchema(schema)
}

/** What a caller sends and this face does not know is a 400, in the body too. */
function strict (schema: FastifySchema): FastifySchema {
  const { body } = schema
  return { ...schema, ...body !== undefined && { body: closed(body) } }
}

interface Schema { type?: unknown, properties?: Record<string, unknown>, items?: unknown }

function closed (schema: unknown): unknown {
  const { type, properties, items } = schema as Schema
  const types = [type].flat()
  if (types.includes('array')) return { ...schema as Schema, items: closed(items) }
  if (!types.includes('object') || !properties) return schema
  const inside = Object.entries(properties).map(([name, property]) => [name, closed(property)])
  return { ...schema as Schema, properties: Object.fromEntries(inside), additionalProperties: false }
}
