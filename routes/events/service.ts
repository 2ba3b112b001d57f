import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Cursor, Moment, nullable, object, ref } from '../../schemas.ts'
import { joinJson, sendJson } from '../faces/json.ts'
import { KEY, responses } from '../faces/responses.ts'
import { Status } from '../orders/schema.ts'
import { EventType } from './index.ts'

/** The longest that a caller may wait for events. */
const MAX_WAIT_SECONDS = 30

export const OrderEvent = object('OrderEvent', {
  id: Type.String({ format: 'uuid', description: 'the same at each exit: a repeat is recognised by it' }),
  sequence: Type.Integer({ description: 'its place in the feed; grows by one' }),
  event_type: EventType,
  order_id: Type.Integer(),
  user_email: nullable(Type.String({ description: 'null once the person was erased, or the order deleted' })),
  total: Type.Number({ description: 'what the customer pays' }),
  items: Type.Array(Type.Object({
    product_id: Type.Integer(),
    product_name: Type.String(),
    quantity: Type.Integer(),
    price: nullable(Type.Number())
  })),
  status: Status,
  occurred_at: Moment
})

export const EventPage = object('EventPage', {
  events: Type.Array(ref(OrderEvent)),
  next_cursor: Type.String({ description: 'where to go on; the same again where there was nothing' })
}, {
  examples: [{
    events: [{
      id: '6f1f0f3e-4c3e-4a63-9f0a-0b8f1c9c2d10',
      sequence: 17,
      event_type: 'order_status_updated',
      order_id: 3422000,
      user_email: 'demo@example.com',
      total: 12.4,
      items: [{ product_id: 1, product_name: 'Gala Apples', quantity: 2, price: 3.79 }],
      status: 'shipped',
      occurred_at: '2026-11-21T09:30:00.123456+00:00'
    }],
    next_cursor: 'ZTZmMWYwZjNlLjE3'
  }]
})

/** What these routes refer to by name. */
export const eventSchemas = [OrderEvent, EventPage]

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { events } = fastify

  fastify.get('/events', {
    config: { waitSeconds: MAX_WAIT_SECONDS },
    schema: {
      operationId: 'listEvents',
      summary: 'The feed of order events',
      description: 'In an order that never changes, and in which none that was committed late is skipped: a consumer ' +
        'that keeps `next_cursor` sees each event once. Without `after`: from the oldest event that is kept. With ' +
        '`wait` the response comes as soon as there is an event.',
      tags: ['Events'],
      querystring: Type.Object({
        after: Type.Optional({ ...Cursor, description: 'next_cursor of the page before' }),
        limit: Type.Integer({ minimum: 1, maximum: 1000, default: 100, description: 'events a page' }),
        wait: Type.Number({
          minimum: 0, maximum: MAX_WAIT_SECONDS, default: 0, description: 'seconds to wait where there are none yet'
        })
      }),
      response: responses({ 200: ref(EventPage) }, 'INVALID_CURSOR', 'CURSOR_EXPIRED', ...KEY)
    }
  }, async (request, reply) => {
    const { after, limit, wait } = request.query
    let page = await events.readFeed(after, limit)
    if (page.isEmpty && wait > 0 && !fastify.draining) {
      const gone = new AbortController()
      reply.raw.once('close', () => gone.abort())
      await events.waitForMore(page.sequence, wait, gone.signal)
      // Its time begins anew: what it waited for took nobody's.
      request.from.begin()
      page = await events.readFeed(after ?? page.next_cursor, limit)
    }
    return sendJson(reply, joinJson(['events', page.events], { next_cursor: page.next_cursor }))
  })
}

export default routes
