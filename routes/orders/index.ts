import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { nullable, pick } from '../../schemas.ts'
import type { Context } from '../../plugins/context.ts'
import { isErrorCode, problem } from '../../common/problems.ts'
import { decodeCursor, encodeCursor, endOf, sortOf, type Sort } from './page.ts'
import { orderInvoices } from './invoices.ts'
import { exportedOrders } from './exports.ts'
import { managedOrders } from './managed.ts'
import { ordersForCaller, type Rates } from './for-caller.ts'
import { orderTimelines } from './timeline.ts'
import { AddedItem, Delivery, NewManagedOrder, NewOrder, NewOrderItem, OrderChanges } from './schema.ts'

/** An order as JSON text, made by the database (sql/orders/views.sql), with what its ETag is made of. */
const OrderRow = Type.Object({ order_id: Type.Integer(), version: Type.Integer(), document: Type.String() })

const Placed = Type.Object({
  order_id: nullable(Type.Integer()),
  answer: nullable(Type.String()),
  refusal: nullable(Type.Object({ code: Type.String(), facts: Type.Object({}), request_id: Type.String() })),
  replayed: Type.Boolean()
})

/** How an order comes to be: orders.place knows them by these names. */
const OPERATIONS = ['place', 'checkout', 'place_managed', 'place_for_caller'] as const

export interface OrderFilter {
  user_id?: string
  status?: string
  product_id?: number
  from?: string
  to?: string
  sort?: Sort
  cursor?: string
  limit: number
  offset: number
}

declare module 'fastify' {
  interface FastifyInstance { orders: ReturnType<typeof ordersDomain> }
}

/** Orders: placing, reading, changing them. The rules stand in sql/orders/functions. */
function ordersDomain (fastify: FastifyInstance) {
  const { statement } = fastify.database
  const sellUnpriced = fastify.config.SELL_UNPRICED
  const place = statement('orders/place', Placed)
  const find = statement('orders/find', OrderRow)
  const list = statement('orders/list', Type.Object({
    total: Type.Integer(), documents: Type.String(), next_cursor: nullable(Type.String())
  }))
  const change = statement('orders/change-order', OrderRow)
  const addItems = statement('orders/add-items', Type.Object({ added: Type.Array(AddedItem) }))
  const remove = statement('orders/delete-order', Type.Object({ deleted: Type.Boolean() }))
  const foldTotals = statement('orders/fold-totals', Type.Object({ folded: Type.Integer() }))
  const clearKeys = statement('orders/clear-idempotency-keys', Type.Object({ key: Type.String() }))
  const countPlaced = fastify.metrics.counter('db_service_orders_placed_total',
    'Orders placed, by how; not those told of once more by Idempotency-Key', 'operation', OPERATIONS)

  /** Runs a write that makes an order, at most once per Idempotency-Key. */
  async function placeOnce (
    operation: typeof OPERATIONS[number], input: object, context: Context
  ) {
    const placed = (await place.first(operation, JSON.stringify({ ...input, sell_unpriced: sellUnpriced }),
      JSON.stringify(context)))!
    fastify.events.announce()
    if (placed.refusal) {
      const { code, facts, request_id: requestId } = placed.refusal
      if (!isErrorCode(code)) throw new Error(`the database refused with an unlisted code: ${code}`)
      throw Object.assign(problem(code, facts), { requestId, isReplay: placed.replayed })
    }
    if (!placed.replayed) countPlaced(operation)
    return { order_id: placed.order_id!, document: placed.answer!, replayed: placed.replayed }
  }

  return {
    ...orderInvoices(fastify),
    ...managedOrders(fastify),
    ...exportedOrders(fastify),
    ...orderTimelines(fastify),
    ...ordersForCaller(fastify, async (input, context) => await placeOnce('place_for_caller', input, context)),

    /**
     * Places an order. Rejects with USER_NOT_FOUND, PRODUCTS_NOT_FOUND, PRODUCT_NOT_PRICED, INSUFFICIENT_STOCK,
     * IDEMPOTENCY_KEY_REUSED.
     */
    async place (input: Static<typeof NewOrder>, context: Context) {
      const items = input.items.map((item) => pick(NewOrderItem, item))
      return await placeOnce('place', { ...pick(NewOrder, input), items }, context)
    },

    /**
     * Places an order of the user's cart, which is gone afterwards. Rejects as `place`, and with CART_EMPTY,
     * PRECONDITION_FAILED.
     *
     * @param ifMatch tags of the cart, its prices included; null for any
     * @param rates the storefront's tax and shipping; without them the order carries item prices only
     */
    async checkout (
      userId: string, delivery: Static<typeof Delivery>, ifMatch: string[] | null, context: Context,
      rates: Partial<Rates> = {}
    ) {
      return await placeOnce('checkout', { ...pick(Delivery, delivery), ...rates, user_id: userId, if_match: ifMatch },
        context)
    },

    /**
     * Places an order for the back office, in any of its statuses; rejects as `place`. The document is the management
     * API's.
     */
    async placeManaged (input: Static<typeof NewManagedOrder>, context: Context) {
      return await placeOnce('place_managed', pick(NewManagedOrder, input), context)
    },

    /** One order with its status history. Rejects with ORDER_NOT_FOUND. */
    async find (orderId: string): Promise<Static<typeof OrderRow>> {
      const order = await find.first(orderId)
      if (!order) throw problem('ORDER_NOT_FOUND')
      return order
    },

    /**
     * A page of orders, newest first or sorted, as a JSON array; a date alone in `to` includes that day. Rejects
     * with INVALID_CURSOR, INVALID_INPUT (sortOf).
     */
    async list (filter: OrderFilter) {
      const [cursorKey, cursorId] = decodeCursor(filter.cursor, filter.sort)
      const page = await list.first(
        filter.user_id ?? null, filter.status ?? null, filter.product_id ?? null, filter.from ?? null, endOf(filter.to),
        cursorKey, cursorId, filter.limit, filter.offset, sortOf(filter))
      return { ...page!, next_cursor: encodeCursor(page!.next_cursor, filter.sort) }
    },

    /**
     * Changes status, tracking, note. Rejects with ORDER_NOT_FOUND, PRECONDITION_FAILED, INVALID_STATUS_TRANSITION.
     */
    async change (orderId: string, changes: Static<typeof OrderChanges>, ifMatch: string[] | null, context: Context) {
      const actor = changes.changed_by || context.actor
      const { changed_by: _, ...meant } = pick(OrderChanges, changes)
      const changed = await change.first(orderId, JSON.stringify(meant), ifMatch, JSON.stringify({ ...context, actor }))
      fastify.events.announce()
      return changed!
    },

    /** Adds items and returns the lines touched. Rejects with ORDER_NOT_FOUND, ORDER_NOT_EDITABLE, and as `place`. */
    async addItems (
      orderId: string, items: Static<typeof NewOrderItem>[], context: Context
    ): Promise<Static<typeof AddedItem>[]> {
      const meant = items.map((item) => Object.fromEntries(
        Object.entries(pick(NewOrderItem, item)).filter(([, value]) => value !== null)))
      return (await addItems.first(orderId, JSON.stringify(meant),
        JSON.stringify({ ...context, sell_unpriced: sellUnpriced })))!.added
    },

    /** Rejects with ORDER_NOT_FOUND, PRECONDITION_FAILED. */
    async remove (orderId: string, ifMatch: string[] | null): Promise<void> {
      await remove.first(orderId, ifMatch)
    },

    /** Clears up to `limit` responses kept for Idempotency-Keys of yesterday; says how many. */
    clearIdempotencyKeys: async (limit: number) => (await clearKeys.all(limit)).length,

    /** Folds up to `limit` of the sums of days that are over; says how many there were. */
    foldTotals: async (limit: number) => (await foldTotals.first(limit))!.folded
  }
}

export default fp(async (fastify) => {
  fastify.decorate('orders', ordersDomain(fastify))
  const hasPrices = fastify.database.statement('catalogue/has-prices', Type.Object({ has_prices: Type.Boolean() }))
  fastify.addHook('onReady', async () => {
    if (fastify.config.SELL_UNPRICED || (await hasPrices.first())!.has_prices) return
    fastify.log.warn(
      'no product has a price, so nothing can be ordered: load products_enriched/*.csv, or sell for nothing with ' +
        'SELL_UNPRICED=true'
    )
  })
}, { name: 'orders', dependencies: ['database', 'events', 'metrics'] })
