import type { FastifyReply } from 'fastify'
import { Type } from '@sinclair/typebox'
import { Order } from './schema.ts'
import { nullable, object, ref } from '../../schemas.ts'
import { tagDocument } from '../faces/etags.ts'
import { joinJson, sendJson } from '../faces/json.ts'

/** The envelope that order responses of the service API come in. */
export const OrderEnvelope = object('OrderEnvelope', {
  success: Type.Boolean(),
  message: Type.String(),
  data: Type.Array(ref(Order))
}, { examples: [{ success: true, message: 'Order created successfully', data: Order.examples }] })

const [{ status_history: _, ...listed }] = Order.examples

export const OrderPageEnvelope = object('OrderPageEnvelope', {
  ...OrderEnvelope.properties,
  total: Type.Integer({ description: 'exact number of all orders that match' }),
  limit: Type.Integer(),
  offset: Type.Integer(),
  next_cursor: nullable(Type.String())
}, {
  examples: [
    {
      success: true,
      message: 'Found 11 orders',
      data: [listed],
      total: 11,
      limit: 1,
      offset: 0,
      next_cursor: 'bzEuMzQyMjAwMA'
    }
  ]
})

/** Sends orders that the database wrote, each or all as a JSON array, in the envelope. `page` are further fields. */
export function sendOrders (reply: FastifyReply, message: string, orders: string | string[], page: object = {}): never {
  return sendJson(reply, joinJson({ success: true, message }, ['data', orders], page))
}

/** Sends a new order; a repeat of its Idempotency-Key gets the same response again and is told so. */
export function sendPlaced (
  reply: FastifyReply, placed: { order_id: number, document: string, replayed: boolean }
): never {
  if (placed.replayed) reply.header('idempotency-replayed', 'true')
  reply.code(201).header('location', `/orders/${placed.order_id}`)
  tagDocument(reply, placed.document)
  return sendOrders(reply, 'Order created successfully', [placed.document])
}
