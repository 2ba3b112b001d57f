import type { FastifyInstance } from 'fastify'
import { Type } from '@sinclair/typebox'
import { nullable } from '../../schemas.ts'
import { problem } from '../../common/problems.ts'

/** What an invoice may be, and the bytes such a file starts with. */
export const INVOICE_TYPES: Record<string, Buffer> = {
  'application/pdf': Buffer.from('%PDF-'),
  'image/png': Buffer.from([0x89, 0x50, 0x4e, 0x47]),
  'image/jpeg': Buffer.from([0xff, 0xd8, 0xff])
}

/** In bytes; the table's own check says the same. */
export const INVOICE_LIMIT = 10 * 1024 * 1024

const Bytes = Type.Uint8Array()

/** Storing and fetching the document that goes with an order. */
export function orderInvoices (fastify: FastifyInstance) {
  const { statement } = fastify.database
  const store = statement('orders/store-invoice', Type.Object({
    order_id: Type.Integer(), content_type: Type.String(), size: Type.Integer()
  }))
  const find = statement('orders/find-invoice',
    Type.Object({ content_type: nullable(Type.String()), document: nullable(Bytes) }))

  return {
    /** Stores or replaces an invoice. Rejects with ORDER_NOT_FOUND, INVALID_INVOICE. */
    async storeInvoice (orderId: string, contentType: string, document: Buffer) {
      const signature = INVOICE_TYPES[contentType]
      if (!signature || !document.subarray(0, signature.length).equals(signature)) throw problem('INVALID_INVOICE')
      const stored = await store.first(orderId, contentType, document)
      if (!stored) throw problem('ORDER_NOT_FOUND')
      return stored
    },

    /** The document and its content type. Rejects with ORDER_NOT_FOUND, INVOICE_NOT_FOUND. */
    async findInvoice (orderId: string): Promise<{ contentType: string, document: Buffer }> {
      const invoice = await find.first(orderId)
      if (!invoice) throw problem('ORDER_NOT_FOUND')
      if (!invoice.document || !invoice.content_type) throw problem('INVOICE_NOT_FOUND')
      return { contentType: invoice.content_type, document: invoice.document as Buffer }
    }
  }
}
