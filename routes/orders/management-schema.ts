import { Type } from '@sinclair/typebox'
import { Status } from './schema.ts'
import { Moment, nullable, object, ProductId, ref } from '../../schemas.ts'

/** An order's number; integers everywhere on this face. */
export const ManagedOrderId = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'an order’s number', examples: [1200] })

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
})

export const ManagedOrderPage = Type.Object({
  orders: Type.Array(ref(ManagedOrder)),
  limit: Type.Integer(),
  offset: Type.Integer(),
  total: Type.Integer({ description: 'exact number of all orders that fit' }),
  total_amount_cents: Type.Integer({ description: 'what the items of all orders that fit cost: whole orders, also where they are filtered by product' }),
  total_quantity: Type.Integer({ description: 'of all orders that fit, likewise' }),
  next_cursor: nullable(Type.String())
})

export const ChangedOrder = Type.Object({
  order_id: ManagedOrderId, user_id: Owner, status: Status, created_at: Moment, updated_at: Moment
})
