import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { Moment, nullable, object, optional, pick, ProductId, Quantity, ref, UserId } from '../../schemas.ts'
import { problem } from '../../common/problems.ts'

export const NewCartItem = object('NewCartItem', {
  product_id: ProductId,
  quantity: optional({ ...Quantity, default: 1 }),
  reordered: optional(Type.Integer({ minimum: 0, maximum: 1 }))
}, { examples: [{ product_id: 1, quantity: 2 }] })

const NewItems = optional(Type.Array(ref(NewCartItem), { maxItems: 1000, description: 'none where it is left out' }))
const items = NewCartItem.examples

export const NewCart = object('NewCart', { user_id: UserId, items: NewItems }, {
  examples: [{ user_id: UserId.examples[0], items }]
})
export const CartReplacement = object('CartReplacement', { items: NewItems }, { examples: [{ items }] })
export const GuestCart = object('GuestCart', { items: NewItems }, { examples: [{ items }] })
export const CartItemQuantity = object('CartItemQuantity',
  { quantity: optional({ ...Quantity, minimum: 0, default: 1 }) }, {
    examples: [{ quantity: 3 }]
  })
export const CartDeleted = object('CartDeleted', { message: Type.String(), user_id: UserId, deleted: Type.Boolean() }, {
  examples: [{
    message: `Cart deleted successfully for user ${UserId.examples[0]}`, user_id: UserId.examples[0], deleted: true
  }]
})

export const CartItem = object('CartItem', {
  product_id: ProductId,
  quantity: Type.Integer(),
  add_to_cart_order: Type.Integer(),
  reordered: Type.Integer(),
  product_name: Type.String(),
  aisle_name: nullable(Type.String()),
  department_name: nullable(Type.String()),
  description: nullable(Type.String()),
  price: nullable(Type.Number({ description: 'today’s; null: the catalogue has none' })),
  image_url: nullable(Type.String())
})

export const CartChange = object('CartChange', {
  product_id: ProductId,
  old_price: Type.Number({ description: 'when the item was put in' }),
  new_price: nullable(Type.Number({ description: 'today’s; null: the catalogue has none any more' }))
})

export const Cart = object('Cart', {
  cart_id: nullable(Type.String({ description: 'null: nothing stored yet' })),
  user_id: UserId,
  items: Type.Array(ref(CartItem)),
  total_items: Type.Integer({ description: 'different products' }),
  total_quantity: Type.Integer(),
  total_price: Type.Number({ description: 'of the items that have a price' }),
  changes: Type.Array(ref(CartChange), { description: 'prices that are others than when the item was put in' }),
  created_at: Moment,
  updated_at: Moment
}, {
  examples: [{
    cart_id: '1',
    user_id: UserId.examples[0],
    items: [{
      product_id: 1,
      quantity: 2,
      add_to_cart_order: 1,
      reordered: 0,
      product_name: 'Alder Farm Russet Apples, 1 kg',
      aisle_name: 'Fresh Fruit',
      department_name: 'Greengrocer',
      description: 'Nutty, sharp-sweet apples with a rough golden skin.',
      price: 3.49,
      image_url: 'https://example.com/apples.png'
    }],
    total_items: 1,
    total_quantity: 2,
    total_price: 6.98,
    changes: [{ product_id: 1, old_price: 3.29, new_price: 3.49 }],
    created_at: '2026-11-21T09:30:00.123456+00:00',
    updated_at: '2026-11-21T09:31:00.123456+00:00'
  }]
})

/** What the routes of carts refer to by name. */
export const cartSchemas = [
  NewCartItem, NewCart, CartReplacement, GuestCart, CartItemQuantity, CartDeleted, CartItem, CartChange, Cart
]

/** A cart as JSON text, made by the database (sql/carts/views.sql), with what its ETag is made of. */
export const CartRow = Type.Object({ cart_id: Type.Integer(), version: Type.Integer(), document: Type.String() })
const FoundCart = Type.Object({
  cart_id: nullable(Type.Integer()),
  version: nullable(Type.Integer()),
  document: nullable(Type.String()),
  asked_at: Moment
})

type Items = Static<typeof NewCartItem>[]
type IfMatch = string[] | null

declare module 'fastify' {
  interface FastifyInstance { carts: ReturnType<typeof cartsDomain> }
}

/**
 * Carts: one a user, at today's prices. Every write rejects with USER_NOT_FOUND, and with PRECONDITION_FAILED where
 * If-Match is given.
 */
function cartsDomain (fastify: FastifyInstance) {
  const { statement } = fastify.database
  const find = statement('carts/find', FoundCart)
  const create = statement('carts/create-cart', CartRow)
  const replace = statement('carts/replace-cart', CartRow)
  const merge = statement('carts/merge-cart', CartRow)
  const addItem = statement('carts/add-cart-item', CartRow)
  const setItem = statement('carts/set-cart-item', CartRow)
  const clear = statement('carts/clear-cart', CartRow)
  const remove = statement('carts/delete-cart', Type.Object({ deleted: Type.Boolean() }))
  const clearAbandoned = statement('carts/clear-abandoned', Type.Object({ cart_id: Type.Integer() }))
  const toJson = (items: Items) => JSON.stringify(items.map((item) => pick(NewCartItem, item)))

  return {
    /** The user's cart; where none is stored an empty one, without version. Rejects with USER_NOT_FOUND. */
    async find (userId: string): Promise<{ cart_id: number | null, version: number | null, document: string }> {
      const cart = await find.first(userId)
      if (!cart) throw problem('USER_NOT_FOUND')
      return { ...cart, document: cart.document ?? emptyCart(userId, cart.asked_at) }
    },

    /** Rejects with CART_ALREADY_EXISTS, PRODUCTS_NOT_FOUND. */
    create: async (userId: string, items: Items) => (await create.first(userId, toJson(items)))!,

    /** Rejects with PRODUCTS_NOT_FOUND. */
    replace: async (userId: string, items: Items, ifMatch: IfMatch) => (await replace.first(userId, toJson(items),
      ifMatch))!,

    /** The higher quantity of each item. Rejects with PRODUCTS_NOT_FOUND, INVALID_QUANTITY (a sum is too large). */
    merge: async (userId: string, items: Items, ifMatch: IfMatch) => (await merge.first(userId, toJson(items),
      ifMatch))!,

    /** Rejects with PRODUCTS_NOT_FOUND, INVALID_QUANTITY (the sum is too large). */
    addItem: async (userId: string, item: Items[number], ifMatch: IfMatch) =>
      (await addItem.first(userId, JSON.stringify(pick(NewCartItem, item)), ifMatch))!,

    /**
     * Sets a quantity; 0 removes the item. Rejects with CART_NOT_FOUND, CART_ITEM_NOT_FOUND, CART_PRODUCT_NOT_FOUND.
     */
    setItem: async (userId: string, productId: number, quantity: number, ifMatch: IfMatch) =>
      (await setItem.first(userId, productId, quantity, ifMatch))!,

    /** Rejects with CART_NOT_FOUND. */
    clear: async (userId: string, ifMatch: IfMatch) => (await clear.first(userId, ifMatch))!,

    /** Rejects with CART_NOT_FOUND. */
    remove: async (userId: string, ifMatch: IfMatch) => { await remove.first(userId, ifMatch) },

    /** Clears up to `limit` carts untouched for 90 days; says how many. */
    clearAbandoned: async (limit: number) => (await clearAbandoned.all(limit)).length
  }
}

export default fp(async (fastify) => {
  fastify.decorate('carts', cartsDomain(fastify))
}, { name: 'carts', dependencies: ['database'] })

function emptyCart (userId: string, now: string): string {
  const cart: Static<typeof Cart> = {
    cart_id: null,
    user_id: userId.toLowerCase(),
    items: [],
    total_items: 0,
    total_quantity: 0,
    total_price: 0,
    changes: [],
    created_at: now,
    updated_at: now
  }
  return JSON.stringify(cart)
}
