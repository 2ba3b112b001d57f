import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { ManagedStatusChange, NewManagedOrder, Status } from './schema.ts'
import { Problem } from '../../common/problems.ts'
import {
  Actor, Cursor, IdempotencyKey, IfMatch, Moment, nullable, object, Paging, ProductId, ref, Timestamp, UserKeyText
} from '../../schemas.ts'
import { sendDocument, tagDocument } from '../faces/etags.ts'
import { joinJson, sendJson } from '../faces/json.ts'
import { ADMIN, BODY, placed, responses, tagged } from '../faces/responses.ts'

/** An order's number; integers everywhere on this face. */
const ManagedOrderId = Type.Integer({
  minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'an order’s number', examples: [1200]
})

const Owner = nullable(Type.Integer({ description: 'the internal id; null: the user has been erased' }))

export const ManagedOrder = object('ManagedOrder', {
  order_id: ManagedOrderId,
  user_id: Owner,
  user_name: nullable(Type.String({ description: 'as it was when ordered' })),
  status: Status,
  created_at: Moment,
  updated_at: Moment,
  items: Type.Array(Type.Object({
    id: Type.Integer(),
    product_id: ProductId,
    product_name: Type.String({ description: 'as it was when ordered; so is the price' }),
    quantity: Type.Integer(),
    price_cents_at_purchase: nullable(Type.Integer({ description: 'of one piece; null: the catalogue had no price' }))
  })),
  total_amount_cents: Type.Integer({ description: 'what the items cost' }),
  total_quantity: Type.Integer()
}, {
  examples: [{
    order_id: 3422000,
    user_id: 1,
    user_name: 'Demo Shopper',
    status: 'paid',
    created_at: '2026-11-21T09:30:00.123456+00:00',
    updated_at: '2026-11-21T09:31:00.123456+00:00',
    items: [
      {
        id: 952,
        product_id: 1,
        product_name: 'Alder Farm Russet Apples, 1 kg',
        quantity: 2,
        price_cents_at_purchase: 349
      }
    ],
    total_amount_cents: 698,
    total_quantity: 2
  }]
})

export const ManagedOrderPage = object('ManagedOrderPage', {
  orders: Type.Array(ref(ManagedOrder)),
  limit: Type.Integer(),
  offset: Type.Integer(),
  total: Type.Integer({ description: 'exact number of all orders that match' }),
  total_amount_cents: Type.Integer({
    description: 'what the items of all orders that match cost: whole orders, also where they are filtered by product'
  }),
  total_quantity: Type.Integer({ description: 'of all orders that match, likewise' }),
  next_cursor: nullable(Type.String())
}, {
  examples: [{
    orders: ManagedOrder.examples,
    limit: 1,
    offset: 0,
    total: 202,
    total_amount_cents: 462_702,
    total_quantity: 954,
    next_cursor: 'bzEuMzQyMjAwMA'
  }]
})

export const ChangedOrder = object('ChangedOrder', {
  order_id: ManagedOrderId, user_id: Owner, status: Status, created_at: Moment, updated_at: Moment
}, {
  examples: [{
    order_id: 3422000,
    user_id: 1,
    status: 'shipped',
    created_at: '2026-11-21T09:30:00.123456+00:00',
    updated_at: '2026-11-21T11:45:00.123456+00:00'
  }]
})

const tags = ['Management: orders']
const params = Type.Object({ order_id: ManagedOrderId })
const ONE = ['INVALID_ORDER_ID', 'ORDER_NOT_FOUND', ...ADMIN] as const

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { orders } = fastify

  fastify.get('/orders', {
    schema: {
      operationId: 'listManagedOrders',
      summary: 'A page of orders, newest first',
      description: 'Filters combine. With the sums of all orders that match, not of the page alone.',
      tags,
      querystring: Type.Object({
        status: Type.Optional(Status),
        user_id: Type.Optional(UserKeyText),
        product_id: Type.Optional(ProductId),
        start_date: Type.Optional(Timestamp),
        end_date: Type.Optional({ ...Timestamp, description: 'inclusive; a date alone includes that day' }),
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
}

/** On this face a product that is not there is as absent as a user. */
function asNotFound (error: unknown): never {
  if (error instanceof Problem && error.code === 'PRODUCTS_NOT_FOUND') error.statusCode = 404
  throw error
}

export default routes
