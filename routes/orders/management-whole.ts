import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { EXPORT_COLUMNS } from './exports.ts'
import { ManagedOrder, OrderFilters, OrderSummary } from './management-schema.ts'
import { oneOf, ref } from '../../schemas.ts'
import { exported, ExportForm, sendExport } from '../faces/exports.ts'
import { joinJson, sendJson } from '../faces/json.ts'
import { ADMIN, responses } from '../faces/responses.ts'

/** All orders that match: summed up, or for spreadsheets and other programs. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { database, orders } = fastify

  fastify.get('/orders/summary', {
    schema: {
      operationId: 'summarizeManagedOrders',
      summary: 'Sums of all orders that match, by day, week, month, status or product',
      description:
        'Exact, with the filters of the list. By product whole orders count, as where the list is filtered by it: an ' +
          'order of three products is in three groups.',
      tags: ['Management: orders'],
      querystring: Type.Object({
        group_by: oneOf(['day', 'week', 'month', 'status', 'product'] as const), ...OrderFilters
      }),
      response: responses({ 200: ref(OrderSummary) }, 'INVALID_USER_ID', ...ADMIN)
    }
  }, async (request, reply) => {
    const { group_by: groupBy, ...filter } = request.query
    return sendJson(reply, joinJson(['groups', await orders.summarize(groupBy, filter)]))
  })

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
