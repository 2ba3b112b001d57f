import { Type } from '@sinclair/typebox'
import {
  kept, Moment, nullable, object, oneOf, optional, OrderId, ProductId, Quantity, ref, Text, UserId, UserKey, WebUrl
} from '../../schemas.ts'

/** As they follow each other; what may follow what stands in orders.status_transitions. */
export const STATUSES = [
  'pending', 'paid', 'confirmed', 'processing', 'shipped', 'delivered',
  'cancelled', 'failed', 'return_requested', 'returned', 'refunded'
] as const
export const Status = oneOf(STATUSES, { title: 'OrderStatus' })

const Tracking = {
  tracking_number: optional(Text(255)),
  shipping_carrier: optional(Text(255)),
  tracking_url: optional(WebUrl)
}

export const NewOrderItem = object('NewOrderItem', {
  product_id: ProductId,
  quantity: optional({ ...Quantity, default: 1 }),
  add_to_cart_order: optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
  reordered: optional(Type.Integer({ minimum: 0, maximum: 1 }))
})
export const NewOrderItems = Type.Array(ref(NewOrderItem), {
  $id: 'NewOrderItems', minItems: 1, maxItems: 1000, examples: [[{ product_id: 3, quantity: 1 }]]
})

/** Where an order goes; what is missing is taken from the user. */
export const Delivery = object('Delivery', {
  delivery_name: optional(Text(255)),
  phone_number: optional(Text(64)),
  street_address: optional(Text(255)),
  city: optional(Text(255)),
  postal_code: optional(Text(32)),
  country: optional(Text(255))
}, { examples: [{ delivery_name: 'Ada Lovelace', city: 'London' }] })

export const NewOrder = object('NewOrder', {
  user_id: UserId,
  items: Type.Array(ref(NewOrderItem), { minItems: 1, maxItems: 1000 }),
  order_dow: optional(Type.Integer({ minimum: 0, maximum: 6, description: '0 is Sunday' })),
  order_hour_of_day: optional(Type.Integer({ minimum: 0, maximum: 23 })),
  days_since_prior_order: optional(Type.Number({ minimum: 0, maximum: 100_000 })),
  ...Delivery.properties,
  ...Tracking
}, {
  examples: [{ user_id: UserId.examples[0], items: [{ product_id: 1, quantity: 2 }, { product_id: 2, quantity: 1 }] }]
})

/** A status alone, where that is all that changes. */
export const StatusChange = object('OrderStatusChange', { status: Status }, { examples: [{ status: 'shipped' }] })

/** The same on the management API, which refuses what it does not know. */
export const ManagedStatusChange = object('ManagedOrderStatusChange', StatusChange.properties, {
  examples: StatusChange.examples
})

/** What the management API takes; `cancelled` takes no stock. */
export const NewManagedOrder = object('NewManagedOrder', {
  user_id: UserKey,
  status: kept(oneOf(['pending', 'paid', 'shipped', 'cancelled'], { default: 'pending' })),
  items: Type.Array(Type.Object({ product_id: ProductId, quantity: Quantity }), { minItems: 1, maxItems: 1000 })
}, {
  examples: [{ user_id: 1, status: 'paid', items: [{ product_id: 1, quantity: 2 }, { product_id: 2, quantity: 1 }] }]
})

export const OrderChanges = object('OrderChanges', {
  status: kept(Status),
  note: optional(Text(2000, { description: 'why; stands in the status history' })),
  changed_by: optional(Text(200, { description: 'who; else the X-Actor header' })),
  ...Tracking
}, { examples: [{ status: 'shipped', tracking_number: '1Z999AA10123456784', shipping_carrier: 'UPS' }] })

export const StatusEntry = object('OrderStatusEntry', {
  history_id: Type.Integer(),
  order_id: OrderId,
  status: Status,
  changed_at: Moment,
  changed_by: nullable(Type.String()),
  note: nullable(Type.String())
})

export const OrderItem = object('OrderItem', {
  product_id: ProductId,
  product_name: Type.String({ description: 'as it was when ordered; so are price and image_url' }),
  quantity: Type.Integer(),
  add_to_cart_order: Type.Integer(),
  reordered: Type.Integer(),
  price: nullable(Type.Number()),
  description: nullable(Type.String()),
  image_url: nullable(Type.String()),
  department_name: nullable(Type.String()),
  aisle_name: nullable(Type.String())
})

export const Order = object('Order', {
  order_id: OrderId,
  user_id: nullable({ ...UserId, description: 'null: the user has been erased' }),
  order_number: nullable(Type.Integer({ description: 'counts the user’s orders: 1, 2, 3 …' })),
  order_dow: Type.Integer(),
  order_hour_of_day: Type.Integer(),
  days_since_prior_order: nullable(Type.Number()),
  total_items: Type.Integer({ description: 'lines' }),
  total_quantity: Type.Integer(),
  total_price: Type.Number(),
  status: Status,
  delivery_name: nullable(Type.String()),
  phone_number: nullable(Type.String()),
  street_address: nullable(Type.String()),
  city: nullable(Type.String()),
  postal_code: nullable(Type.String()),
  country: nullable(Type.String()),
  tracking_number: nullable(Type.String()),
  shipping_carrier: nullable(Type.String()),
  tracking_url: nullable(Type.String({ description: 'http or https' })),
  invoice: nullable(Type.String({ description: 'the path to fetch it from' })),
  created_at: Moment,
  updated_at: Moment,
  items: Type.Array(ref(OrderItem)),
  status_history: Type.Optional(Type.Array(ref(StatusEntry), { description: 'single orders only, oldest first' }))
}, {
  examples: [{
    order_id: '3422000',
    user_id: UserId.examples[0],
    order_number: 11,
    order_dow: 6,
    order_hour_of_day: 9,
    days_since_prior_order: 29,
    total_items: 1,
    total_quantity: 2,
    total_price: 6.98,
    status: 'pending',
    delivery_name: 'Demo Shopper',
    phone_number: '+44 117 496 0100',
    street_address: '12 Harbour Lane',
    city: 'Bristol',
    postal_code: 'BS1 4ZZ',
    country: 'United Kingdom',
    tracking_number: null,
    shipping_carrier: null,
    tracking_url: null,
    invoice: null,
    created_at: '2026-11-21T09:30:00.123456+00:00',
    updated_at: '2026-11-21T09:30:00.123456+00:00',
    items: [{
      product_id: 1,
      product_name: 'Alder Farm Russet Apples, 1 kg',
      quantity: 2,
      add_to_cart_order: 1,
      reordered: 0,
      price: 3.49,
      description: 'Nutty, sharp-sweet apples with a rough golden skin.',
      image_url: 'https://example.com/apples.png',
      department_name: 'Greengrocer',
      aisle_name: 'Fresh Fruit'
    }],
    status_history: [{
      history_id: 1122,
      order_id: '3422000',
      status: 'pending',
      changed_at: '2026-11-21T09:30:00.123456+00:00',
      changed_by: null,
      note: 'Order created'
    }]
  }]
})

export const AddedItem = object('AddedItem', {
  order_id: OrderId,
  product_id: ProductId,
  quantity: Type.Integer({ description: 'the line’s new total' }),
  add_to_cart_order: Type.Integer(),
  reordered: Type.Integer(),
  updated: Type.Boolean({ description: 'the line was there before' })
})
export const AddedItems = object('AddedItems', {
  message: Type.String(), order_id: OrderId, added_items: Type.Array(ref(AddedItem)), total_added: Type.Integer()
}, {
  examples: [{
    message: 'Items added successfully',
    order_id: '3422000',
    added_items: [
      { order_id: '3422000', product_id: 3, quantity: 1, add_to_cart_order: 2, reordered: 0, updated: false }
    ],
    total_added: 1
  }]
})

/** What the routes of orders refer to by name on the service API. */
export const orderSchemas = [
  NewOrderItem, NewOrderItems, NewOrder, Delivery, OrderChanges, StatusEntry, OrderItem, Order, AddedItem, AddedItems
]
