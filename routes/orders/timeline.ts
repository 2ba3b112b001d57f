import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { problem } from '../../common/problems.ts'
import { TimelineFacts, type OrderTimeline } from './timeline-schema.ts'
import { sentenceOf } from './timeline-sentences.ts'

const TimelineRow = Type.Object({
  is_there: Type.Boolean(), total: Type.Integer(), entries: Type.Array(TimelineFacts)
})

/** Entries of one response. An order has about twenty; thousands, where somebody goes on remarking on it. */
const MOST = 1000

/** What happened to an order, for support: put together of what each domain keeps of it. */
export function orderTimelines (fastify: FastifyInstance) {
  const list = fastify.database.statement('orders/list-timeline', TimelineRow)

  return {
    /**
     * What happened to an order: the latest 1,000, in their order, and how much there is in all. Of a deleted order it
     * is what has not been cleared yet. Rejects with ORDER_NOT_FOUND where nothing is kept.
     */
    async listTimeline (orderId: number): Promise<Static<typeof OrderTimeline>> {
      const { is_there: isThere, total, entries } = (await list.first(orderId, MOST))!
      if (!isThere && total === 0) throw problem('ORDER_NOT_FOUND')
      return {
        order_id: orderId,
        deleted: !isThere,
        entries: entries.map((facts) => ({ ...facts, summary: sentenceOf(facts) })),
        total
      }
    }
  }
}
