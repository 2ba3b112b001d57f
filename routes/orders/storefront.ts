import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { NewStorefrontOrder, pageNumbers, StorefrontOrder, StorefrontOrderPage } from './storefront-schema.ts'
import { IdempotencyKey, IfMatch, OrderId, ref, Text } from '../../schemas.ts'
import { sendDocument } from '../faces/etags.ts'
import { joinJson, sendJson } from '../faces/json.ts'
import { BODY, KEY, placed, responses, tagged } from '../faces/responses.ts'
import { OrderPaging, sizeOf } from '../faces/storefront-paging.ts'
import { mountForOwnUser } from '../faces/own-user.ts'
import { ratesOf } from './for-caller.ts'
import checkout from './service-checkout.ts'
import adminRoutes from './storefront-admin.ts'

const tags = ['Storefront: orders']
const params = Type.Object({ order_id: OrderId })
const ONE = ['INVALID_ORDER_ID', 'FORBIDDEN', 'ORDER_NOT_FOUND', ...KEY] as const

/** A customer's own orders; an admin reads and cancels anybody's. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { orders } = fastify
  fastify.register(adminRoutes)
  // Charges tax and shipping as every order of the storefront.
  fastify.register(async (scope) => {
    mountForOwnUser(scope, 'Storefront: carts')
    scope.register(checkout, { rates: ratesOf(fastify.config) })
  })

  fastify.post('/orders', {
    schema: {
      operationId: 'createOwnOrder',
      summary: 'Place an order',
      description:
        'Takes stock, all or nothing. Tax and shipping are the shop’s; without shipping_address it goes to the ' +
          'user’s own ' +
        'address. With an Idempotency-Key a repeat gets the first response.',
      tags,
      body: ref(NewStorefrontOrder),
      headers: Type.Object(IdempotencyKey),
      response: responses({ 201: placed(ref(StorefrontOrder)) }, 'EMAIL_REQUIRED', 'USER_NOT_FOUND',
        'PRODUCTS_NOT_FOUND', 'INVALID_QUANTITY', 'PRODUCT_NOT_PRICED', 'INSUFFICIENT_STOCK', 'IDEMPOTENCY_KEY_REUSED',
        ...BODY, ...KEY)
    }
  }, async (request, reply) => {
    const order = await orders.placeForCaller(request.body, request.identity!, request.context())
    if (order.replayed) reply.header('idempotency-replayed', 'true')
    reply.code(201).header('location', `/api/orders/${order.order_id}`)
    return sendDocument(reply, order.document)
  })

  fastify.get('/orders', {
    schema: {
      operationId: 'listOwnOrders',
      summary: 'A page of the caller’s own orders, newest first',
      description: 'Pages are counted from 1.',
      tags,
      querystring: Type.Object(OrderPaging),
      response: responses({ 200: ref(StorefrontOrderPage) }, ...KEY)
    }
  }, async (request, reply) => {
    const { page } = request.query
    const limit = sizeOf(request.query)
    const { documents, total } = await orders.listForCaller(request.identity!, { page, limit })
    return sendJson(reply, joinJson(['orders', documents], pageNumbers(total, page, limit)))
  })

  fastify.get('/orders/:order_id', {
    config: { etag: 'own' },
    schema: {
      operationId: 'getOwnOrder',
      summary: 'One order',
      description: 'The caller’s own; an admin reads anybody’s, with the internal notes.',
      tags,
      params,
      response: responses({ 200: ref(StorefrontOrder) }, ...ONE)
    }
  }, async (request, reply) => sendDocument(reply,
    (await orders.findForCaller(request.params.order_id, request.identity!)).document))

  fastify.get('/orders/number/:order_number', {
    config: { etag: 'own' },
    schema: {
      operationId: 'getOwnOrderByNumber',
      summary: 'One order, by its number for people',
      description: 'The number that stands in emails and on invoices.',
      tags,
      params: Type.Object({ order_number: Text(64, { examples: ['ORD-20261121-7GQ2XK'] }) }),
      response: responses({ 200: ref(StorefrontOrder) }, 'FORBIDDEN', 'ORDER_NOT_FOUND', ...KEY)
    }
  }, async (request, reply) => sendDocument(reply,
    (await orders.findByReference(request.params.order_number, request.identity!)).document))

  const cancellations = [['DELETE', 'cancelOwnOrderByDelete'], ['PATCH', 'cancelOwnOrder']] as const
  for (const [method, operationId] of cancellations) {
    fastify.route({
      method,
      url: '/orders/:order_id/cancel',
      schema: {
        operationId,
        summary: 'Cancel an order that was not shipped yet',
        description: 'Its stock comes back. PATCH and DELETE do the same.',
        tags,
        params,
        headers: Type.Object(IfMatch),
        response: responses({ 200: tagged(ref(StorefrontOrder)) }, 'INVALID_STATUS_TRANSITION', 'PRECONDITION_FAILED',
          ...ONE, ...BODY)
      },
      handler: async (request, reply) => {
        const order = await orders.changeForCaller(
          request.params.order_id, { status: 'cancelled' }, request.ifMatch(), request.identity!, request.context())
        return sendDocument(reply, order.document)
      }
    })
  }
}

export default routes
