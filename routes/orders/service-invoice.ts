import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { INVOICE_LIMIT, INVOICE_TYPES } from './invoices.ts'
import { object, OrderId, ref } from '../../schemas.ts'
import { KEY, responses } from '../faces/responses.ts'

const tags = ['Orders']
const params = Type.Object({ order_id: OrderId })
const types = Object.keys(INVOICE_TYPES)
/** What documents begin with; JSON has no better example of bytes. */
const FIRST_BYTES: Record<string, string> = {
  'application/pdf': '%PDF-1.7 …', 'image/png': '\\x89PNG …', 'image/jpeg': '\\xff\\xd8\\xff …'
}
export const StoredInvoice = object('StoredInvoice', {
  message: Type.String(), order_id: OrderId, content_type: Type.String(), size: Type.Integer({ description: 'bytes' })
}, {
  examples: [
    { message: 'Invoice stored successfully', order_id: '3422000', content_type: 'application/pdf', size: 48_213 }
  ]
})

/** An order's invoice, as the bytes it is. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  // In this plugin only: neither JSON is an invoice, nor a PDF the body of another route.
  fastify.removeContentTypeParser('application/json')
  fastify.addContentTypeParser(types, { parseAs: 'buffer', bodyLimit: INVOICE_LIMIT },
    async (_request: unknown, body: Buffer) => body)

  fastify.put('/orders/:order_id/invoice', {
    bodyLimit: INVOICE_LIMIT,
    schema: {
      operationId: 'storeInvoice',
      summary: 'Store the invoice',
      description: 'PDF, PNG or JPEG, up to 10 MiB. It replaces the one before.',
      tags,
      params,
      consumes: types,
      response: responses({ 200: ref(StoredInvoice) }, 'INVALID_ORDER_ID', 'ORDER_NOT_FOUND', 'INVALID_INVOICE',
        'BODY_TOO_LARGE', 'UNSUPPORTED_MEDIA_TYPE', ...KEY)
    }
  }, async (request) => {
    const [contentType = ''] = (request.headers['content-type'] ?? '').split(';')
    const document = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
    const stored = await fastify.orders.storeInvoice(request.params.order_id, contentType.trim().toLowerCase(),
      document)
    return { message: 'Invoice stored successfully', ...stored, order_id: String(stored.order_id) }
  })

  fastify.get('/orders/:order_id/invoice', {
    schema: {
      operationId: 'getInvoice',
      summary: 'The invoice',
      description: 'The bytes that were stored, with their content type.',
      tags,
      params,
      produces: types,
      response: responses({
        200: Type.Unsafe({
          description: 'the document',
          headers: { 'Content-Disposition': {} },
          content: Object.fromEntries(types.map(
            (type) => [type, { schema: { type: 'string', format: 'binary' }, example: FIRST_BYTES[type] }]
          ))
        })
      }, 'INVALID_ORDER_ID', 'ORDER_NOT_FOUND', 'INVOICE_NOT_FOUND', ...KEY)
    }
  }, async (request, reply) => {
    const { contentType, document } = await fastify.orders.findInvoice(request.params.order_id)
    // Uploaded bytes: shown or saved as what they are called, never guessed to be a page with scripts.
    return reply.type(contentType).header('x-content-type-options', 'nosniff')
      .header('content-disposition', `inline; filename="invoice-${request.params.order_id}"`).send(document)
  })
}

export default routes
