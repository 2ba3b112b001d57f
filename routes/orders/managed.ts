import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { Moment, nullable } from '../../schemas.ts'
import type { Context } from '../../plugins/context.ts'
import { problem } from '../../common/problems.ts'
import { decodeCursor, encodeCursor, endOf, sortOf, type Sort } from './page.ts'
import { Status } from './schema.ts'

/** An order as JSON text, made by the database (sql/orders/views.sql), with what its ETag is made of. */
const ManagedOrderRow = Type.Object({ order_id: Type.Integer(), version: Type.Integer(), document: Type.String() })

const ChangedStatus = Type.Object({
  order_id: Type.Integer(),
  version: Type.Integer(),
  user_id: nullable(Type.Integer()),
  status: Status,
  created_at: Moment,
  updated_at: Moment,
  /** The whole order, of which its ETag is made. */
  document: Type.String()
})

/** What lists, exports and sums are filtered by. */
export interface ManagedOrderFilter {
  /** An internal id or a UUID. */
  user_id?: string
  status?: string
  product_id?: number
  start_date?: string
  end_date?: string
}

interface ManagedOrderList extends ManagedOrderFilter { sort?: Sort, cursor?: string, limit: number, offset: number }

/** Orders as the back office sees them: internal ids, integer cents, sums over everything that matches. */
export function managedOrders (fastify: FastifyInstance) {
  const { statement } = fastify.database
  const find = statement('orders/find-managed', ManagedOrderRow)
  const list = statement('orders/list-managed', Type.Object({
    total: Type.Integer(),
    total_quantity: Type.Integer(),
    total_amount_cents: Type.Integer(),
    documents: Type.String(),
    next_cursor: nullable(Type.String())
  }))
  const listGroups = statement('orders/list-groups', Type.Object({ groups: Type.String() }))
  const changeStatus = statement('orders/change-status', ChangedStatus)
  const settle = statement('orders/settle-orders', Type.Object({ settled_until: Moment }))

  return {
    /** One order. Rejects with ORDER_NOT_FOUND. */
    async findManaged (orderId: number): Promise<Static<typeof ManagedOrderRow>> {
      const order = await find.first(orderId)
      if (!order) throw problem('ORDER_NOT_FOUND')
      return order
    },

    /**
     * A page of orders, newest first or sorted, as a JSON array, with number, amount in cents and quantity of all that
     * match; a date alone in `end_date` includes that day. Rejects with INVALID_CURSOR, INVALID_INPUT (sortOf).
     */
    async listManaged (filter: ManagedOrderList) {
      const [cursorKey, cursorId] = decodeCursor(filter.cursor, filter.sort)
      const page = (await list.first(
        filter.user_id ?? null, filter.status ?? null, filter.product_id ?? null, filter.start_date ?? null,
        endOf(filter.end_date),
        cursorKey, cursorId, filter.limit, filter.offset, sortOf(filter)))!
      return { ...page, next_cursor: encodeCursor(page.next_cursor, filter.sort) }
    },

    /** Sums of all orders that match, by day, week, month, status or product, as a JSON array. */
    async summarize (groupBy: string, filter: ManagedOrderFilter): Promise<string> {
      return (await listGroups.first(
        groupBy, filter.user_id ?? null, filter.status ?? null, filter.product_id ?? null, filter.start_date ?? null,
        endOf(filter.end_date)))!.groups
    },

    /** Changes the status. Rejects with ORDER_NOT_FOUND, PRECONDITION_FAILED, INVALID_STATUS_TRANSITION. */
    async changeStatus (
      orderId: number, status: Static<typeof Status>, ifMatch: string[] | null, context: Context
    ): Promise<Static<typeof ChangedStatus>> {
      const changed = await changeStatus.first(orderId, JSON.stringify({ status }), ifMatch, JSON.stringify(context))
      fastify.events.announce()
      return changed!
    },

    /** Adds about `most` orders made before `latest` to the sums kept per product; says until when all are in them. */
    settle: async (most: number, latest: Date): Promise<string> =>
      (await settle.first(most, latest.toISOString()))!.settled_until
  }
}
