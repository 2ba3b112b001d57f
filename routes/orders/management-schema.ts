import { Type } from '@sinclair/typebox'
import { Status } from './schema.ts'
import { Moment, nullable, object, ProductId, ref, Timestamp, UserKeyText } from '../../schemas.ts'

/** An order's number; integers everywhere on this face. */
export const ManagedOrderId = Type.Integer({
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

/** What lists, exports and sums of orders can be filtered by. */
export const OrderFilters = {
  status: Type.Optional(Status),
  user_id: Type.Optional(UserKeyText),
  product_id: Type.Optional(ProductId),
  start_date: Type.Optional(Timestamp),
  end_date: Type.Optional({ ...Timestamp, description: 'inclusive; a date alone includes that day' })
}

export const OrderSummary = object('OrderSummary', {
  groups: Type.Array(Type.Object({
    key: Type.String({
      description: 'a day (2026-11-21), ISO week (2026-W47) or month (2026-11) in UTC, a status, or a product’s id'
    }),
    orders: Type.Integer(),
    total_quantity: Type.Integer({ description: 'of whole orders, also by product' }),
    total_amount_cents: Type.Integer({ description: 'what their items cost, likewise' })
  }), { description: 'in the order of their keys; what has no order has no group' })
}, {
  examples: [{ groups: [{ key: '2026-11-21', orders: 3, total_quantity: 12, total_amount_cents: 8397 }] }]
})
