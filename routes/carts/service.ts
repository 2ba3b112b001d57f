import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Cart, NewCartItem } from './index.ts'
import { IfMatch, optional, ProductId, Quantity, ref, UserId } from '../../schemas.ts'
import { sendDocument, tagDocument } from '../faces/etags.ts'
import { sendJson } from '../faces/json.ts'
import { BODY, KEY, responses } from '../faces/responses.ts'

const tags = ['Carts']
const params = Type.Object({ user_id: UserId })
const Items = optional(Type.Array(NewCartItem, {
  maxItems: 1000, description: 'none where they are left out', examples: [[{ product_id: 1, quantity: 2 }]]
}))
const OWNER = ['INVALID_USER_ID', 'USER_NOT_FOUND', ...KEY] as const

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { carts } = fastify

  fastify.post('/carts', {
    schema: {
      summary: 'Make a cart',
      tags,
      body: Type.Object({ user_id: UserId, items: Items }, {
        examples: [{ user_id: UserId.examples[0], items: Items.examples[0] }]
      }),
      response: responses({ 201: ref(Cart) }, 'CART_ALREADY_EXISTS', 'PRODUCTS_NOT_FOUND', 'INVALID_QUANTITY',
        ...OWNER, ...BODY)
    }
  }, async (request, reply) => {
    const { user_id: userId, items } = request.body
    const cart = await carts.create(userId, items ?? [])
    return sendDocument(reply.code(201).header('location', `/carts/${userId}`), cart.document)
  })

  fastify.get('/carts/:user_id', {
    config: { etag: 'own' },
    schema: {
      summary: 'The user’s cart; an empty one where none is stored',
      tags,
      params,
      response: responses({ 200: ref(Cart) }, ...OWNER)
    }
  }, async (request, reply) => {
    const cart = await carts.find(request.params.user_id)
    if (cart.cart_id !== null) tagDocument(reply, cart.document)
    return sendJson(reply, cart.document)
  })

  fastify.put('/carts/:user_id', {
    schema: {
      summary: 'Replace the cart, or make it',
      tags,
      params,
      body: Type.Object({ items: Items }, { examples: [{ items: Items.examples[0] }] }),
      headers: Type.Object(IfMatch),
      response: responses({ 200: ref(Cart) }, 'PRODUCTS_NOT_FOUND', 'INVALID_QUANTITY', 'PRECONDITION_FAILED',
        ...OWNER, ...BODY)
    }
  }, async (request, reply) => {
    const cart = await carts.replace(request.params.user_id, request.body.items ?? [], request.ifMatch())
    return sendDocument(reply, cart.document)
  })

  fastify.delete('/carts/:user_id', {
    schema: {
      summary: 'Delete the cart',
      tags,
      params,
      headers: Type.Object(IfMatch),
      response: responses({
        200: Type.Object({ message: Type.String(), user_id: UserId, deleted: Type.Boolean() })
      }, 'CART_NOT_FOUND', 'PRECONDITION_FAILED', ...OWNER, ...BODY)
    }
  }, async (request) => {
    const { user_id: userId } = request.params
    await carts.remove(userId, request.ifMatch())
    return { message: `Cart deleted successfully for user ${userId}`, user_id: userId, deleted: true }
  })

  fastify.delete('/carts/:user_id/clear', {
    schema: {
      summary: 'Empty the cart and keep it',
      tags,
      params,
      headers: Type.Object(IfMatch),
      response: responses({ 200: ref(Cart) }, 'CART_NOT_FOUND', 'PRECONDITION_FAILED', ...OWNER, ...BODY)
    }
  }, async (request, reply) => {
    const cart = await carts.clear(request.params.user_id, request.ifMatch())
    return sendDocument(reply, cart.document)
  })

  fastify.post('/carts/:user_id/items', {
    schema: {
      summary: 'Add an item, or more of it',
      description: 'Makes the cart where there is none.',
      tags,
      params,
      body: NewCartItem,
      headers: Type.Object(IfMatch),
      response: responses({ 200: ref(Cart) }, 'PRODUCTS_NOT_FOUND', 'INVALID_QUANTITY', 'PRECONDITION_FAILED',
        ...OWNER, ...BODY)
    }
  }, async (request, reply) => {
    const cart = await carts.addItem(request.params.user_id, request.body, request.ifMatch())
    return sendDocument(reply, cart.document)
  })

  const item = Type.Object({ user_id: UserId, product_id: ProductId })
  fastify.put('/carts/:user_id/items/:product_id', {
    schema: {
      summary: 'Set an item’s quantity; 0 removes it',
      tags,
      params: item,
      body: Type.Object({ quantity: optional({ ...Quantity, minimum: 0, default: 1 }) },
        { examples: [{ quantity: 3 }] }),
      headers: Type.Object(IfMatch),
      response: responses({ 200: ref(Cart) },
        'CART_NOT_FOUND', 'CART_ITEM_NOT_FOUND', 'CART_PRODUCT_NOT_FOUND', 'PRECONDITION_FAILED', ...OWNER, ...BODY)
    }
  }, async (request, reply) => {
    const { user_id: userId, product_id: productId } = request.params
    const cart = await carts.setItem(userId, productId, request.body.quantity ?? 1, request.ifMatch())
    return sendDocument(reply, cart.document)
  })

  fastify.delete('/carts/:user_id/items/:product_id', {
    schema: {
      summary: 'Remove an item',
      tags,
      params: item,
      headers: Type.Object(IfMatch),
      response: responses({ 200: ref(Cart) }, 'CART_NOT_FOUND', 'CART_ITEM_NOT_FOUND', 'PRECONDITION_FAILED', ...OWNER,
        ...BODY)
    }
  }, async (request, reply) => {
    const cart = await carts.setItem(request.params.user_id, request.params.product_id, 0, request.ifMatch())
    return sendDocument(reply, cart.document)
  })
}

export default routes
