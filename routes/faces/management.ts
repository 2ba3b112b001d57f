import type { FastifyInstance } from 'fastify'
import {
  bulkSchemas, ImportReport, ManagedProduct, ManagedProductPage, NewProduct, ProductChanges
} from '../catalogue/schema.ts'
import { queueSchemas } from '../operations/index.ts'
import { Invariant, InvariantList } from '../operations/invariants.ts'
import { ChangedOrder, ManagedOrder, ManagedOrderPage, OrderSummary } from '../orders/management-schema.ts'
import { ManagedStatusChange, NewManagedOrder } from '../orders/schema.ts'
import { OrderTimeline } from '../orders/timeline-schema.ts'
import { IdentityChanges, ManagedUser, ManagedUserPage } from '../users/schema.ts'
import { NewWebhook, WebhookChanges, webhookSchemas } from '../webhooks/schema.ts'

/** What a caller sends and this face does not know is a 400, in the body too. */
const bodies = [
  NewProduct, ProductChanges, NewManagedOrder, ManagedStatusChange, IdentityChanges, NewWebhook, WebhookChanges
].map(closed)

/**
 * The management API's access rule, its strictness about what it does not know, and the shapes its routes refer to by
 * name.
 */
export function managementFace (fastify: FastifyInstance): void {
  fastify.addHook('onRequest', fastify.requireAdmin)
  fastify.addHook('onRoute', (route) => {
    route.schema = {
      security: [{ adminKey: [] }, { adminBearer: [] }, { adminBasic: [] }, { token: [] }], ...route.schema
    }
  })
  for (const schema of [
    ...bodies, ...bulkSchemas.map(closed), ManagedOrder, ManagedOrderPage, OrderSummary, ChangedOrder, ManagedProduct,
    ManagedProductPage, ImportReport, ManagedUser, ManagedUserPage, ...queueSchemas, Invariant, InvariantList,
    ...webhookSchemas, OrderTimeline
  ]) fastify.addSchema(schema)
}

interface Schema { type?: unknown, properties?: Record<string, unknown>, items?: unknown }

/** The schema of a body that takes nothing but what it names. */
function closed (schema: unknown): unknown {
  const { type, properties, items } = schema as Schema
  const types = [type].flat()
  if (types.includes('array')) return { ...schema as Schema, items: closed(items) }
  if (!types.includes('object') || !properties) return schema
  const inside = Object.entries(properties).map(([name, property]) => [name, closed(property)])
  return { ...schema as Schema, properties: Object.fromEntries(inside), additionalProperties: false }
}
