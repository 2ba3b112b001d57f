import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { nullable, pick } from '../../schemas.ts'
import type { Config } from '../../plugins/settings.ts'
import type { Context } from '../../plugins/context.ts'
import { problem } from '../../common/problems.ts'
import type { Identity } from '../../plugins/identity.ts'
import { Address, NewStorefrontOrder, StorefrontChanges } from './storefront-schema.ts'

/** What a storefront order is charged by, as exact decimals: the database alone calculates. */
export interface Rates { tax_rate: string, shipping_rate: string, free_shipping_from: string }

/** The rates of the settings. A number's own text is the decimal that was configured. */
export const ratesOf = (config: Config): Rates => ({
  tax_rate: String(config.TAX_RATE),
  shipping_rate: String(config.SHIPPING_COST),
  free_shipping_from: String(config.FREE_SHIPPING_FROM)
})

const FoundOrder = Type.Object({ order_id: Type.Integer(), version: Type.Integer(), document: nullable(Type.String()) })
const ChangedOrder = Type.Object({ order_id: Type.Integer(), version: Type.Integer(), document: Type.String() })

type PlaceOnce = (input: object, context: Context) => Promise<{ order_id: number, document: string, replayed: boolean }>
interface Page { page: number, limit: number }

/**
 * Orders as the storefront's callers place, see and change them: their own, an admin everybody's. Documents are JSON
 * text.
 */
export function ordersForCaller (fastify: FastifyInstance, placeOnce: PlaceOnce) {
  const { statement } = fastify.database
  const find = statement('orders/find-for-caller', FoundOrder)
  const list = statement('orders/list-for-caller', Type.Object({ total: Type.Integer(), documents: Type.String() }))
  const change = statement('orders/change-for-caller', ChangedOrder)
  const rates = ratesOf(fastify.config)

  async function findBy (
    orderId: string | null, reference: string | null, caller: Identity
  ): Promise<Static<typeof ChangedOrder>> {
    const order = await find.first(orderId, reference, JSON.stringify(caller))
    if (!order) throw problem('ORDER_NOT_FOUND')
    if (order.document === null) throw problem('FORBIDDEN')
    return { ...order, document: order.document }
  }

  return {
    /**
     * Places an order for the caller, who gets a user row where there is none. Rejects with USER_NOT_FOUND,
     * EMAIL_REQUIRED, PRODUCTS_NOT_FOUND, PRODUCT_NOT_PRICED, INVALID_QUANTITY, INSUFFICIENT_STOCK,
     * IDEMPOTENCY_KEY_REUSED.
     */
    async placeForCaller (input: Static<typeof NewStorefrontOrder>, caller: Identity, context: Context) {
      const order = pick(NewStorefrontOrder, input)
      for (const name of ['shipping_address', 'billing_address'] as const) {
        const address = order[name]
        if (address) order[name] = pick(Address, address)
      }
      const items = input.items.map(({ product_id: id, quantity }) => ({ product_id: id, quantity }))
      return await placeOnce({ ...order, items, caller, ...rates }, context)
    },

    /** Rejects with ORDER_NOT_FOUND, FORBIDDEN. */
    findForCaller: async (orderId: string, caller: Identity) => await findBy(orderId, null, caller),

    /** By its number for people, ORD-YYYYMMDD-XXXXXX, in any case. Rejects with ORDER_NOT_FOUND, FORBIDDEN. */
    findByReference: async (reference: string, caller: Identity) => await findBy(null, reference.toUpperCase(), caller),

    /** A page of the caller's own orders, newest first, as a JSON array. */
    listForCaller: async (caller: Identity, { page, limit }: Page) =>
      (await list.first(JSON.stringify(caller), false, null, limit, (page - 1) * limit))!,

    /** A page of everybody's orders. */
    listForAdmin: async (caller: Identity, { page, limit, status }: Page & { status?: string }) =>
      (await list.first(JSON.stringify(caller), true, status ?? null, limit, (page - 1) * limit))!,

    /**
     * Only what is sent is changed. Rejects with ORDER_NOT_FOUND, FORBIDDEN, PRECONDITION_FAILED,
     * INVALID_STATUS_TRANSITION.
     */
    async changeForCaller (
      orderId: string, changes: Static<typeof StorefrontChanges>, ifMatch: string[] | null, caller: Identity,
      context: Context
    ): Promise<Static<typeof ChangedOrder>> {
      const { carrier, ...meant } = pick(StorefrontChanges, changes)
      const columns = { ...meant, ...carrier !== undefined && { shipping_carrier: carrier } }
      const changed = await change.first(orderId, JSON.stringify(columns), ifMatch, JSON.stringify(caller),
        JSON.stringify(context))
      fastify.events.announce()
      return changed!
    }
  }
}
