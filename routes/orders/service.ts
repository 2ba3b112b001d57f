import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { OrderSort } from './page.ts'
import { AddedItems, NewOrder, NewOrderItems, OrderChanges, Status } from './schema.ts'
import {
  Actor, Cursor, IdempotencyKey, IfMatch, OrderId, Paging, ProductId, ref, Timestamp, UserId
} from '../../schemas.ts'
import { tagDocument } from '../faces/etags.ts'
import { BODY, KEY, placed, responses, tagged } from '../faces/responses.ts'
import checkout from './service-checkout.ts'
import { OrderEnvelope, OrderPageEnvelope, sendOrders, sendPlaced } from './service-envelope.ts'
import invoice from './service-invoice.ts'

const tags = ['Orders']
const params = Type.Object({ order_id: OrderId })
const ONE = ['INVALID_ORDER_ID', 'ORDER_NOT_FOUND', ...KEY] as const

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { orders } = fastify
  for (const plugin of [checkout, invoice]) fastify.register(plugin)

  fastify.post('/orders', {
    schema: {
      operationId: 'createOrder',
      summary: 'Place an order',
      description: 'Takes stock, all or nothing. What is not sent is filled in: time, position, name and address. ' +
        'With an Idempotency-Key a repeat gets the first response.',
      tags,
      body: ref(NewOrder),
      headers: Type.Object({ ...IdempotencyKey, ...Actor }),
      response: responses({ 201: placed(ref(OrderEnvelope)) }, 'INVALID_USER_ID', 'USER_NOT_FOUND',
        'PRODUCTS_NOT_FOUND', 'INVALID_QUANTITY', 'PRODUCT_NOT_PRICED', 'INSUFFICIENT_STOCK', 'IDEMPOTENCY_KEY_REUSED',
        ...BODY, ...KEY)
    }
  }, async (request, reply) => sendPlaced(reply, await orders.place(request.body, request.context())))

  fastify.get('/orders', {
    schema: {
      operationId: 'listOrders',
      summary: 'A page of orders, newest first unless sorted',
      description: 'Filters combine. Each order comes with its items, without its status history.',
      tags,
      querystring: Type.Object({
        status: Type.Optional(Status),
        user_id: Type.Optional(UserId),
        product_id: Type.Optional(ProductId),
        from: Type.Optional(Timestamp),
        to: Type.Optional({ ...Timestamp, description: 'inclusive; a date alone includes that day' }),
        sort: Type.Optional(OrderSort),
        cursor: Type.Optional(Cursor),
        ...Paging(25)
      }),
      response: responses({ 200: ref(OrderPageEnvelope) }, 'INVALID_USER_ID', 'INVALID_CURSOR', ...KEY)
    }
  }, async (request, reply) => {
    const { documents, total, next_cursor: next } = await orders.list(request.query)
    const { limit, offset } = request.query
    return sendOrders(reply, `Found ${total} orders`, documents, { total, limit, offset, next_cursor: next })
  })

  fastify.get('/orders/user/:user_id', {
    schema: {
      operationId: 'listUserOrders',
      summary: 'A page of a user’s orders, newest first',
      description: 'Each order comes with its items, without its status history.',
      tags,
      params: Type.Object({ user_id: UserId }),
      querystring: Type.Object({ cursor: Type.Optional(Cursor), ...Paging(20) }),
      response: responses({ 200: ref(OrderPageEnvelope) }, 'INVALID_USER_ID', 'USER_NOT_FOUND', 'INVALID_CURSOR',
        ...KEY)
    }
  }, async (request, reply) => {
    const { user_id: userId } = request.params
    const { documents, total, next_cursor: next } = await orders.list({ user_id: userId, ...request.query })
    if (total === 0) await fastify.users.find(userId)
    const { limit, offset } = request.query
    return sendOrders(reply, `Found ${total} orders for user ${userId}`, documents, {
      total, limit, offset, next_cursor: next
    })
  })

  fastify.get('/orders/:order_id', {
    config: { etag: 'own' },
    schema: {
      operationId: 'getOrder',
      summary: 'One order',
      description: 'With its items and its status history.',
      tags,
      params,
      response: responses({ 200: ref(OrderEnvelope) }, ...ONE)
    }
  }, async (request, reply) => {
    const order = await orders.find(request.params.order_id)
    tagDocument(reply, order.document)
    return sendOrders(reply, `Order ${order.order_id} details retrieved successfully`, [order.document])
  })

  fastify.patch('/orders/:order_id', {
    schema: {
      operationId: 'updateOrder',
      summary: 'Change status or tracking',
      description:
        'A status may only move as orders do; the same again changes nothing. A note without a status is a remark in ' +
          'the history.',
      tags,
      params,
      body: ref(OrderChanges),
      headers: Type.Object({ ...IfMatch, ...Actor }),
      response: responses({ 200: tagged(ref(OrderEnvelope)) }, 'INVALID_STATUS_TRANSITION', 'PRECONDITION_FAILED',
        ...ONE, ...BODY)
    }
  }, async (request, reply) => {
    const order = await orders.change(request.params.order_id, request.body, request.ifMatch(), request.context())
    tagDocument(reply, order.document)
    return sendOrders(reply, `Order ${order.order_id} updated successfully`, [order.document])
  })

  fastify.post('/orders/:order_id/items', {
    schema: {
      operationId: 'addOrderItems',
      summary: 'Add items to an order that was not shipped yet',
      description: 'A new line gets today’s price; a line that is there is raised at its own.',
      tags,
      params,
      body: ref(NewOrderItems),
      headers: Type.Object(Actor),
      response: responses({ 201: ref(AddedItems) }, 'PRODUCTS_NOT_FOUND', 'INVALID_QUANTITY', 'PRODUCT_NOT_PRICED',
        'INSUFFICIENT_STOCK', 'ORDER_NOT_EDITABLE', ...ONE, ...BODY)
    }
  }, async (request, reply) => {
    const { order_id: orderId } = request.params
    const added = await orders.addItems(orderId, request.body, request.context())
    return reply.code(201).send({
      message: 'Items added successfully', order_id: orderId, added_items: added, total_added: added.length
    })
  })

  fastify.delete('/orders/:order_id', {
    schema: {
      operationId: 'deleteOrder',
      summary: 'Delete an order',
      description: 'Its stock comes back unless it was shipped. Its number is never given out again.',
      tags,
      params,
      headers: Type.Object(IfMatch),
      response: responses({ 204: Type.Null() }, 'PRECONDITION_FAILED', ...ONE, ...BODY)
    }
  }, async (request, reply) => {
    await orders.remove(request.params.order_id, request.ifMatch())
    return reply.code(204).send(null)
  })
}

export default routes
