import { Type, type Static } from '@sinclair/typebox'
import { kept, Moment, nullable, object, oneOf, optional, OrderId, Quantity, ref, Text } from '../../schemas.ts'
import { pagesOf } from '../faces/storefront-paging.ts'
import { Status } from './schema.ts'

export const PaymentStatus = oneOf(['pending', 'completed', 'failed', 'refunded'] as const, { title: 'PaymentStatus' })

export const Address = Type.Object({
  street: optional(Text(255)),
  city: optional(Text(255)),
  state: optional(Text(255)),
  zipCode: optional(Text(32)),
  country: optional(Text(255))
}, { title: 'StorefrontAddress' })
const home = { street: '1 Main Street', city: 'Springfield', state: 'IL', zipCode: '62701', country: 'USA' }

export const NewStorefrontOrder = object('NewStorefrontOrder', {
  items: Type.Array(Type.Object({
    product_id: Type.Unsafe<string | number>({
      type: ['string', 'integer'],
      pattern: '^[0-9]{1,10}$',
      minimum: 0,
      maximum: 2_147_483_647,
      description: 'as text or number'
    }),
    quantity: Quantity
  }), { minItems: 1, maxItems: 1000 }),
  shipping_address: optional(Address),
  billing_address: optional(Address),
  customer_notes: optional(Text(2000)),
  payment_method: optional(Text(64))
}, {
  examples: [
    {
      items: [{ product_id: '1', quantity: 2 }],
      shipping_address: home,
      customer_notes: 'Ring twice',
      payment_method: 'card'
    }
  ]
})

/** What an admin may change of an order. */
export const StorefrontChanges = object('StorefrontOrderChanges', {
  status: kept(Status),
  payment_status: kept(PaymentStatus),
  tracking_number: optional(Text(255)),
  carrier: optional(Text(255)),
  internal_notes: optional(Text(10_000))
}, {
  examples: [
    { status: 'shipped', tracking_number: '1Z999AA10123456784', carrier: 'UPS', internal_notes: 'two parcels' }
  ]
})

export const StorefrontOrder = object('StorefrontOrder', {
  id: OrderId,
  order_number: Type.String({ description: 'the number for people', examples: ['ORD-20261121-7GQ2XK'] }),
  user_id: nullable(Type.String({ description: 'the id the caller came with; null: the user has been erased' })),
  user_email: nullable(Type.String({ description: 'the user’s address of today' })),
  customer_email: nullable(Type.String({ description: 'as it was when ordered; so is customer_name' })),
  customer_name: nullable(Type.String()),
  status: Status,
  payment_status: PaymentStatus,
  subtotal: Type.Number(),
  tax: Type.Number(),
  shipping_cost: Type.Number(),
  discount: Type.Number(),
  total: Type.Number({ description: 'what the customer pays' }),
  shipping_address: nullable(Address),
  billing_address: nullable(Address),
  payment_method: nullable(Type.String()),
  tracking_number: nullable(Type.String()),
  carrier: nullable(Type.String()),
  customer_notes: nullable(Type.String()),
  internal_notes: optional(Type.String({ description: 'for admins only' })),
  items: Type.Array(Type.Object({
    id: Type.String(),
    product_id: Type.String(),
    product_name: Type.String({ description: 'as it was when ordered; so are SKU, image and price' }),
    product_sku: nullable(Type.String()),
    product_image: nullable(Type.String()),
    unit_price: nullable(Type.Number({ description: 'null: the catalogue had none' })),
    price: nullable(Type.Number({ description: 'the same as unit_price' })),
    quantity: Type.Integer(),
    subtotal: Type.Number(),
    product_attributes: nullable(Type.Object({}, { additionalProperties: true }))
  })),
  created_at: Moment,
  updated_at: Moment,
  confirmed_at: nullable(Moment),
  shipped_at: nullable(Moment),
  delivered_at: nullable(Moment)
}, {
  examples: [{
    id: '3422000',
    order_number: 'ORD-20261121-7GQ2XK',
    user_id: '54e02e9f-e6c8-50c3-9b2e-87f37ee5b745',
    user_email: 'demo@example.com',
    customer_email: 'demo@example.com',
    customer_name: 'Demo Shopper',
    status: 'pending',
    payment_status: 'pending',
    subtotal: 6.98,
    tax: 0.56,
    shipping_cost: 10,
    discount: 0,
    total: 17.54,
    shipping_address: home,
    billing_address: home,
    payment_method: 'card',
    tracking_number: null,
    carrier: null,
    customer_notes: 'Ring twice',
    items: [{
      id: '952',
      product_id: '1',
      product_name: 'Alder Farm Russet Apples, 1 kg',
      product_sku: 'APPLE-RUSSET-1KG',
      product_image: 'https://example.com/apples.png',
      unit_price: 3.49,
      price: 3.49,
      quantity: 2,
      subtotal: 6.98,
      product_attributes: null
    }],
    created_at: '2026-11-21T09:30:00.123456+00:00',
    updated_at: '2026-11-21T09:30:00.123456+00:00',
    confirmed_at: null,
    shipped_at: null,
    delivered_at: null
  }]
})

export const StorefrontOrderPage = object('StorefrontOrderPage', {
  orders: Type.Array(ref(StorefrontOrder)),
  total: Type.Integer({ description: 'exact number of all orders that match' }),
  page: Type.Integer(),
  limit: Type.Integer(),
  pages: Type.Integer(),
  per_page: Type.Integer({ description: 'the same as limit' })
}, { examples: [{ orders: StorefrontOrder.examples, total: 11, page: 1, limit: 1, pages: 11, per_page: 1 }] })

/** What a page says of itself beside its orders. */
export const pageNumbers =
  (total: number, page: number, limit: number): Omit<Static<typeof StorefrontOrderPage>, 'orders'> =>
    ({ total, page, limit, pages: pagesOf(total, limit), per_page: limit })
