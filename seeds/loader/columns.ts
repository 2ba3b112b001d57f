import { decimal, email, imageUrl, integer, text, timestamp, webUrl, type Cell } from './cells.ts'
import type { Kind } from './files.ts'

/** A column of a CSV file. */
export interface Column {
  cell: Cell
  /** `row`: the header must have it and every row a value; `value`: it may be left out, but where it is, every row has a value. */
  required?: 'row' | 'value'
}

/** The largest id leaves room for the sequence behind it. */
const id = integer(1, 2_000_000_000)
const bigId = integer(1, Number.MAX_SAFE_INTEGER)

/** The columns that are read, by the kind of row. Others are left alone, and named. */
export const COLUMNS: Record<Kind, Record<string, Column>> = {
  departments: {
    department_id: { cell: id, required: 'row' },
    department: { cell: text, required: 'row' },
    description: { cell: text },
    image_url: { cell: imageUrl }
  },
  aisles: {
    aisle_id: { cell: id, required: 'row' },
    aisle: { cell: text, required: 'row' }
  },
  products: {
    product_id: { cell: id, required: 'row' },
    product_name: { cell: text, required: 'row' },
    aisle_id: { cell: id },
    department_id: { cell: id }
  },
  enriched: {
    product_id: { cell: id, required: 'row' },
    description: { cell: text },
    price: { cell: decimal(99_999_999.99, 2) },
    image_url: { cell: imageUrl }
  },
  inventory: {
    product_id: { cell: id, required: 'row' },
    stock: { cell: integer(0, 2_000_000_000), required: 'row' },
    sku: { cell: text }
  },
  users: {
    user_id: { cell: bigId, required: 'row' },
    first_name: { cell: text, required: 'row' },
    last_name: { cell: text, required: 'row' },
    password: { cell: text },
    hashed_password: { cell: text },
    email_address: { cell: email, required: 'row' },
    phone_number: { cell: text },
    street_address: { cell: text },
    city: { cell: text },
    postal_code: { cell: text },
    country: { cell: text },
    last_login: { cell: timestamp },
    last_notifications_viewed_at: { cell: timestamp }
  },
  orders: {
    order_id: { cell: bigId, required: 'row' },
    user_id: { cell: bigId, required: 'row' },
    eval_set: { cell: text },
    order_number: { cell: integer(1, 1_000_000_000) },
    order_dow: { cell: integer(0, 6), required: 'row' },
    order_hour_of_day: { cell: integer(0, 23), required: 'row' },
    days_since_prior_order: { cell: decimal(1_000_000, 15) },
    created_at: { cell: timestamp },
    tracking_number: { cell: text },
    shipping_carrier: { cell: text },
    tracking_url: { cell: webUrl }
  },
  items: {
    order_id: { cell: bigId, required: 'row' },
    product_id: { cell: id, required: 'row' },
    add_to_cart_order: { cell: integer(0, 2_000_000_000), required: 'row' },
    reordered: { cell: integer(0, 1), required: 'value' },
    quantity: { cell: integer(1, 1_000_000), required: 'value' }
  },
  history: {
    order_id: { cell: bigId, required: 'row' },
    status: { cell: text, required: 'row' },
    changed_at: { cell: timestamp, required: 'value' }
  }
}

/** Columns that the files have by their layout and the loader has no use for: not worth naming each time. */
export const PASSED_OVER: Partial<Record<Kind, string[]>> = { enriched: ['product_name'] }

/** What only the loader knows: the public id of a user (`external_user_id`) follows from the id in the file. */
export const DERIVED: Partial<Record<Kind, string[]>> = { users: ['external_user_id'] }
