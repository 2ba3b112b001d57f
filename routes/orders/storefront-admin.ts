import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type, type Static } from '@sinclair/typebox'
import { Status, StatusChange } from './schema.ts'
import { pageNumbers, StorefrontChanges, StorefrontOrder, StorefrontOrderPage } from './storefront-schema.ts'
import { Actor, IfMatch, OrderId, ref } from '../../schemas.ts'
import { sendDocument } from '../faces/etags.ts'
import { joinJson, sendJson } from '../faces/json.ts'
import { BODY, KEY, responses, tagged } from '../faces/responses.ts'
import { OrderPaging, sizeOf } from '../faces/storefront-paging.ts'

const tags = ['Storefront: orders']

/** What only admins may do with orders. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { orders } = fastify
  fastify.addHook('onRequest', fastify.requireAdminRole)

  fastify.get('/orders/all', {
    schema: {
      operationId: 'listCustomerOrders',
      summary: 'A page of everybody’s orders, newest first (admins)',
      description: 'With the internal notes. Pages are counted from 1.',
      tags,
      querystring: Type.Object({ ...OrderPaging, status: Type.Optional(Status) }),
      response: responses({ 200: ref(StorefrontOrderPage) }, 'FORBIDDEN', ...KEY)
    }
  }, async (request, reply) => {
    const { page, status } = request.query
    const limit = sizeOf(request.query)
    const { documents, total } = await orders.listForAdmin(request.identity!, { page, limit, status })
    return sendJson(reply, joinJson(['orders', documents], pageNumbers(total, page, limit)))
  })

  const changes = [
    {
      method: 'PUT',
      url: '/orders/:order_id',
      operationId: 'updateCustomerOrder',
      summary: 'Change an order: only what is sent (admins)',
      body: ref(StorefrontChanges)
    },
    {
      method: 'PATCH',
      url: '/orders/:order_id/status',
      operationId: 'updateCustomerOrderStatus',
      summary: 'Change an order’s status (admins)',
      body: ref(StatusChange)
    }
  ] as const
  for (const { method, url, operationId, summary, body } of changes) {
    fastify.route({
      method,
      url,
      schema: {
        operationId,
        summary,
        description: 'A status may only move as orders do; the same again changes nothing.',
        tags,
        params: Type.Object({ order_id: OrderId }),
        body,
        headers: Type.Object({ ...IfMatch, ...Actor }),
        response: responses({ 200: tagged(ref(StorefrontOrder)) }, 'INVALID_ORDER_ID', 'FORBIDDEN', 'ORDER_NOT_FOUND',
          'INVALID_STATUS_TRANSITION', 'PRECONDITION_FAILED', ...BODY, ...KEY)
      },
      handler: async (request, reply) => {
        const sent = method === 'PUT' ? request.body : { status: request.body.status }
        const caller = request.identity!
        const order = await orders.changeForCaller(
          request.params.order_id, sent as Static<typeof StorefrontChanges>, request.ifMatch(), caller,
          request.context())
        return sendDocument(reply, order.document)
      }
    })
  }
}

export default routes
