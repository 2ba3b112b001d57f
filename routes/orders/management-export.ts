import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { EXPORT_COLUMNS } from './exports.ts'
import { ManagedOrder, OrderFilters } from './management-schema.ts'
import { oneOf } from '../../schemas.ts'
import { exported, ExportForm, sendExport } from '../faces/exports.ts'
import { ADMIN, responses } from '../faces/responses.ts'

/** Orders for spreadsheets and other programs. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { database, orders } = fastify

  fastify.get('/orders/export', {
    config: { isExport: true },
    exposeHeadRoute: false,
    schema: {
      operationId: 'exportManagedOrders',
      summary: 'Every order that matches, newest first, as CSV or NDJSON',
      description:
        'Sent as it is read, in constant memory, however many there are; what is placed meanwhile is not among them. ' +
          'In CSV, text that a spreadsheet would run as a formula begins with an apostrophe.',
      tags: ['Management: orders'],
      querystring: Type.Object({
        ...OrderFilters,
        ...ExportForm,
        rows: oneOf(['orders', 'lines'] as const, { default: 'orders', description: 'what a row is of' })
      }),
      response: responses({
        200: exported(`${EXPORT_COLUMNS.orders.join(',')}\r\n3422000,1,Demo Shopper,paid,…\r\n`,
          ManagedOrder.examples[0])
      }, 'INVALID_USER_ID', ...ADMIN)
    }
  }, async (request, reply) => {
    const { format, bom, rows, ...filter } = request.query
    const batches = rows === 'lines'
      ? orders.exportLines(filter)
      : format === 'csv' ? orders.exportOrders(filter) : orders.exportDocuments(filter)
    return await sendExport(reply, database.exports, { format, bom }, rows === 'lines' ? 'order-lines' : 'orders',
      EXPORT_COLUMNS[rows], batches)
  })
}

export default routes
