import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import wholeRoutes from './management-whole.ts'
import { ChangedOrder, ManagedOrder, ManagedOrderId, ManagedOrderPage, OrderFilters } from './management-schema.ts'
import { OrderSort } from './page.ts'
import { ManagedStatusChange, NewManagedOrder } from './schema.ts'
import { OrderTimeline } from './timeline-schema.ts'
import { Problem } from '../../common/problems.ts'
import { Actor, Cursor, IdempotencyKey, IfMatch, Paging, ref } from '../../schemas.ts'
import { sendDocument, tagDocument } from '../faces/etags.ts'
import { joinJson, sendJson } from '../faces/json.ts'
import { ADMIN, BODY, placed, responses, tagged } from '../faces/responses.ts'

const tags = ['Management: orders']
const params = Type.Object({ order_id: ManagedOrderId })
const ONE = ['INVALID_ORDER_ID', 'ORDER_NOT_FOUND', ...ADMIN] as const

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { orders } = fastify
  fastify.register(wholeRoutes)

  fastify.get('/orders', {
    schema: {
      operationId: 'listManagedOrders',
      summary: 'A page of orders, newest first unless sorted',
      description: 'Filters combine. With the sums of all orders that match, not of the page alone.',
      tags,
      querystring: Type.Object({
        ...OrderFilters,
        sort: Type.Optional(OrderSort),
        cursor: Type.Optional(Cursor),
        ...Paging(20)
      }),
      response: responses({ 200: ref(ManagedOrderPage) }, 'INVALID_USER_ID', 'INVALID_CURSOR', ...ADMIN)
    }
  }, async (request, reply) => {
    const { limit, offset } = request.query
    const { documents, ...sums } = await orders.listManaged(request.query)
    return sendJson(reply, joinJson(['orders', documents], { limit, offset, ...sums }))
  })

  fastify.post('/orders', {
    schema: {
      operationId: 'createManagedOrder',
      summary: 'Create an order for a user',
      description:
        'Takes stock, all or nothing; a cancelled one takes none. Where the status is not pending, the history shows ' +
          'pending and that ' +
        'status. With an Idempotency-Key a repeat gets the first response.',
      tags,
      body: ref(NewManagedOrder),
      headers: Type.Object({ ...IdempotencyKey, ...Actor }),
      response: responses({ 201: placed(ref(ManagedOrder)) }, 'INVALID_USER_ID', 'USER_NOT_FOUND',
        ['PRODUCTS_NOT_FOUND', 404], 'INVALID_QUANTITY', 'PRODUCT_NOT_PRICED', 'INSUFFICIENT_STOCK',
        'IDEMPOTENCY_KEY_REUSED', ...BODY, ...ADMIN)
    }
  }, async (request, reply) => {
    const order = await orders.placeManaged(request.body, request.context()).catch(asNotFound)
    if (order.replayed) reply.header('idempotency-replayed', 'true')
    reply.code(201).header('location', `/api/v1/orders/${order.order_id}`)
    return sendDocument(reply, order.document)
  })

  fastify.get('/orders/:order_id', {
    config: { etag: 'own' },
    schema: {
      operationId: 'getManagedOrder',
      summary: 'One order',
      description: 'With its items, in integer cents.',
      tags,
      params,
      response: responses({ 200: ref(ManagedOrder) }, ...ONE)
    }
  }, async (request, reply) => {
    const order = await orders.findManaged(request.params.order_id)
    return sendDocument(reply, order.document)
  })

  fastify.patch('/orders/:order_id', {
    schema: {
      operationId: 'updateManagedOrder',
      summary: 'Change the status',
      description: 'A status may only move as orders do; the same again changes nothing.',
      tags,
      params,
      body: ref(ManagedStatusChange),
      headers: Type.Object({ ...IfMatch, ...Actor }),
      response: responses({ 200: tagged(ref(ChangedOrder)) }, 'INVALID_STATUS_TRANSITION', 'PRECONDITION_FAILED',
        ...ONE, ...BODY)
    }
  }, async (request, reply) => {
    const order = await orders.changeStatus(request.params.order_id, request.body.status, request.ifMatch(),
      request.context())
    tagDocument(reply, order.document)
    return order
  })

  fastify.get('/orders/:order_id/timeline', {
    schema: {
      operationId: 'getOrderTimeline',
      summary: 'What happened to an order',
      description: 'The latest 1,000 entries; of a deleted order what is still kept.',
      tags,
      params,
      response: responses({ 200: ref(OrderTimeline) }, ...ONE)
    }
  }, async (request) => await orders.listTimeline(request.params.order_id))
}

/** On this face a product that is not there is as absent as a user. */
function asNotFound (error: unknown): never {
  if (error instanceof Problem && error.code === 'PRODUCTS_NOT_FOUND') error.statusCode = 404
  throw error
}

export default routes
