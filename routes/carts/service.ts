import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Cart, CartDeleted, CartItemQuantity, CartReplacement, GuestCart, NewCart, NewCartItem } from './index.ts'
import { IfMatch, ProductId, ref, UserId } from '../../schemas.ts'
import { sendDocument, tagDocument } from '../faces/etags.ts'
import { sendJson } from '../faces/json.ts'
import { BODY, created, KEY, responses, tagged } from '../faces/responses.ts'

const tags = ['Carts']
const params = Type.Object({ user_id: UserId })
const OWNER = ['INVALID_USER_ID', 'USER_NOT_FOUND', ...KEY] as const

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  const { carts } = fastify

  fastify.post('/carts', {
    schema: {
      operationId: 'createCart',
      summary: 'Create a cart',
      description:
        'A user has one cart at most. Items may be left out; a product that comes twice counts once, quantities ' +
        'summed.',
      tags,
      body: ref(NewCart),
      response: responses({ 201: created(tagged(ref(Cart))) }, 'CART_ALREADY_EXISTS', 'PRODUCTS_NOT_FOUND',
        'INVALID_QUANTITY', ...OWNER, ...BODY)
    }
  }, async (request, reply) => {
    const { user_id: userId, items } = request.body
    const cart = await carts.create(userId, items ?? [])
    return sendDocument(reply.code(201).header('location', `/carts/${userId}`), cart.document)
  })

  fastify.get('/carts/:user_id', {
    config: { etag: 'own' },
    schema: {
      operationId: 'getCart',
      summary: 'The user’s cart',
      description:
        'At today’s prices; `changes` names those that were others when the item was put in. Where none is stored, ' +
        'an empty one with the current time, a `cart_id` of null and no ETag.',
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
      operationId: 'replaceCart',
      summary: 'Replace the cart, or create it',
      description: 'The cart holds exactly these items afterwards.',
      tags,
      params,
      body: ref(CartReplacement),
      headers: Type.Object(IfMatch),
      response: responses({ 200: tagged(ref(Cart)) }, 'PRODUCTS_NOT_FOUND', 'INVALID_QUANTITY', 'PRECONDITION_FAILED',
        ...OWNER, ...BODY)
    }
  }, async (request, reply) => {
    const cart = await carts.replace(request.params.user_id, request.body.items ?? [], request.ifMatch())
    return sendDocument(reply, cart.document)
  })

  fastify.delete('/carts/:user_id', {
    schema: {
      operationId: 'deleteCart',
      summary: 'Delete the cart',
      description: 'The cart and its items are gone. Stock stays as it is: a cart takes none.',
      tags,
      params,
      headers: Type.Object(IfMatch),
      response: responses({ 200: ref(CartDeleted) }, 'CART_NOT_FOUND', 'PRECONDITION_FAILED', ...OWNER, ...BODY)
    }
  }, async (request) => {
    const { user_id: userId } = request.params
    await carts.remove(userId, request.ifMatch())
    return { message: `Cart deleted successfully for user ${userId}`, user_id: userId, deleted: true }
  })

  fastify.delete('/carts/:user_id/clear', {
    schema: {
      operationId: 'clearCart',
      summary: 'Empty the cart and keep it',
      description: 'Removes all items; the cart keeps its `cart_id`.',
      tags,
      params,
      headers: Type.Object(IfMatch),
      response: responses({ 200: tagged(ref(Cart)) }, 'CART_NOT_FOUND', 'PRECONDITION_FAILED', ...OWNER, ...BODY)
    }
  }, async (request, reply) => {
    const cart = await carts.clear(request.params.user_id, request.ifMatch())
    return sendDocument(reply, cart.document)
  })

  fastify.post('/carts/:user_id/items', {
    schema: {
      operationId: 'addCartItem',
      summary: 'Add an item, or raise its quantity',
      description: 'Creates the cart where there is none.',
      tags,
      params,
      body: ref(NewCartItem),
      headers: Type.Object(IfMatch),
      response: responses({ 200: tagged(ref(Cart)) }, 'PRODUCTS_NOT_FOUND', 'INVALID_QUANTITY', 'PRECONDITION_FAILED',
        ...OWNER, ...BODY)
    }
  }, async (request, reply) => {
    const cart = await carts.addItem(request.params.user_id, request.body, request.ifMatch())
    return sendDocument(reply, cart.document)
  })

  fastify.post('/carts/:user_id/merge', {
    schema: {
      operationId: 'mergeCart',
      summary: 'Merge a guest’s items into the cart, at login',
      description:
        'The cart then has each item of both, in the higher quantity: sent again it changes nothing. Creates the ' +
        'cart where there is none.',
      tags,
      params,
      body: ref(GuestCart),
      headers: Type.Object(IfMatch),
      response: responses({ 200: tagged(ref(Cart)) }, 'PRODUCTS_NOT_FOUND', 'INVALID_QUANTITY', 'PRECONDITION_FAILED',
        ...OWNER, ...BODY)
    }
  }, async (request, reply) => {
    const cart = await carts.merge(request.params.user_id, request.body.items ?? [], request.ifMatch())
    return sendDocument(reply, cart.document)
  })

  const item = Type.Object({ user_id: UserId, product_id: ProductId })
  fastify.put('/carts/:user_id/items/:product_id', {
    schema: {
      operationId: 'setCartItem',
      summary: 'Set an item’s quantity',
      description: 'A quantity of 0 removes the item.',
      tags,
      params: item,
      body: ref(CartItemQuantity),
      headers: Type.Object(IfMatch),
      response: responses({ 200: tagged(ref(Cart)) },
        'CART_NOT_FOUND', 'CART_ITEM_NOT_FOUND', 'CART_PRODUCT_NOT_FOUND', 'PRECONDITION_FAILED', ...OWNER, ...BODY)
    }
  }, async (request, reply) => {
    const { user_id: userId, product_id: productId } = request.params
    const cart = await carts.setItem(userId, productId, request.body.quantity ?? 1, request.ifMatch())
    return sendDocument(reply, cart.document)
  })

  fastify.delete('/carts/:user_id/items/:product_id', {
    schema: {
      operationId: 'removeCartItem',
      summary: 'Remove an item',
      description: 'Whatever its quantity is.',
      tags,
      params: item,
      headers: Type.Object(IfMatch),
      response: responses({ 200: tagged(ref(Cart)) }, 'CART_NOT_FOUND', 'CART_ITEM_NOT_FOUND', 'PRECONDITION_FAILED',
        ...OWNER, ...BODY)
    }
  }, async (request, reply) => {
    const cart = await carts.setItem(request.params.user_id, request.params.product_id, 0, request.ifMatch())
    return sendDocument(reply, cart.document)
  })
}

export default routes
