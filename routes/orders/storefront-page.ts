import type { FastifyReply } from 'fastify'
import { Type } from '@sinclair/typebox'
import { StorefrontOrder } from './storefront-schema.ts'
import { object, ref } from '../../schemas.ts'
import { sendJson, tagDocument } from '../faces/responses.ts'
import { pagesOf } from '../faces/storefront-paging.ts'

export const StorefrontOrderPage = object('StorefrontOrderPage', {
  orders: Type.Array(ref(StorefrontOrder)),
  total: Type.Integer({ description: 'exact number of all orders that match' }),
  page: Type.Integer(),
  limit: Type.Integer(),
  pages: Type.Integer(),
  per_page: Type.Integer({ description: 'the same as limit' })
}, { examples: [{ orders: StorefrontOrder.examples, total: 11, page: 1, limit: 1, pages: 11, per_page: 1 }] })

/** Sends one order, JSON that the database wrote. */
export function sendOrder (reply: FastifyReply, order: { document: string }): never {
  tagDocument(reply, order.document)
  return sendJson(reply, order.document)
}

/** Sends a page of orders, a JSON array that the database wrote. */
export function sendPage (reply: FastifyReply, found: { total: number, documents: string }, page: number, limit: number): never {
  const { total, documents } = found
  const rest = JSON.stringify({ total, page, limit, pages: pagesOf(total, limit), per_page: limit })
  return sendJson(reply, `{"orders":${documents},${rest.slice(1)}`)
}
