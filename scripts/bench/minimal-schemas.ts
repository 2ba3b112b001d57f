/** The response schemas of the minimal gateway: what Fastify needs to write a row as quickly as it can. */
const nullable = (type: string) => ({ type: [type, 'null'] })
const object = (properties: object) => ({ type: 'object', properties })
const integer = { type: 'integer' }
const string = { type: 'string' }
const boolean = { type: 'boolean' }

export const PRODUCT = object({
  product_id: integer,
  product_name: string,
  department_id: nullable('integer'),
  department_name: nullable('string'),
  aisle_id: nullable('integer'),
  aisle_name: nullable('string'),
  description: nullable('string'),
  price: nullable('number'),
  image_url: nullable('string')
})

export const PAGE = object({
  products: { type: 'array', items: PRODUCT },
  total: integer,
  limit: integer,
  offset: integer,
  has_next: boolean,
  has_prev: boolean,
  next_cursor: nullable('string')
})

export const USER = object({
  user_id: string,
  first_name: string,
  last_name: string,
  email_address: string,
  phone_number: nullable('string'),
  street_address: nullable('string'),
  city: nullable('string'),
  postal_code: nullable('string'),
  country: nullable('string'),
  days_between_order_notifications: integer,
  order_notifications_start_date_time: string,
  order_notifications_next_scheduled_time: string,
  pending_order_notification: boolean,
  order_notifications_via_email: boolean,
  last_notification_sent_at: nullable('string'),
  last_notifications_viewed_at: nullable('string'),
  last_login: nullable('string')
})
