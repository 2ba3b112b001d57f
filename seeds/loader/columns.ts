import { IMAGE_URL, WEB_URL } from '../../schemas.ts'
import { isEmailAddress } from '../../common/addresses.ts'
import { parseMoment } from '../../common/moments.ts'
import { shorten } from '../../common/text.ts'
import type { Kind } from './files.ts'

/**
 * The text to store for a cell; throws CellFault for one that does not fit. `''` never comes here: an empty cell is
 * null.
 */
export type Cell = (value: string) => string

/** Why a cell does not fit; the message continues "<column> …". */
export class CellFault extends Error {}

/** Any text, as it stands. */
const text: Cell = (value) => value

/** An email address, by the rule of every other entrance. */
const email: Cell = (value) => {
  if (!isEmailAddress(value)) throw fault('is no email address', value)
  return value
}

/** A link to show: nothing that a browser would run. */
const webUrl = matching(WEB_URL, 'is no http or https URL')

/** Where an image is. */
const imageUrl = matching(IMAGE_URL, 'is no http or https URL, and no path')

function matching (pattern: string, what: string): Cell {
  const regExp = new RegExp(pattern, 'u')
  return (value) => {
    if (!regExp.test(value)) throw fault(what, value)
    return value
  }
}

/** A whole number. `7.0` counts as one: a column with gaps comes out of pandas like that. */
function integer (min: number, max: number): Cell {
  return (value) => {
    if (!isShortNumber(value)) {
      const [, sign = '', digits] = /^\s*([+-]?)0*(\d+)(?:\.0*)?\s*$/.exec(value) ?? []
      if (digits === undefined) throw fault('is not a whole number', value)
      value = sign === '-' && digits !== '0' ? `-${digits}` : digits
    }
    if (Number(value) < min || Number(value) > max) throw fault(`must be from ${min} to ${max}`, value)
    return value
  }
}

/** A number from 0 up with at most so many decimals; zeros at the end do not count. */
function decimal (max: number, decimals: number): Cell {
  return (value) => {
    const [, sign, number = '', fraction = ''] = /^\s*([+-]?)(\d+(?:\.(\d*))?)\s*$/.exec(value) ?? []
    if (sign === undefined) throw fault('is not a number', value)
    if (sign === '-' && Number(number) !== 0) throw fault('must not be negative', value)
    if (Number(number) > max) throw fault(`must be at most ${max}`, value)
    if (fraction.replace(/0+$/, '').length > decimals) throw fault(`has more than ${decimals} decimals`, value)
    return number
  }
}

/** As every other time that comes in (common/moments.ts). */
const timestamp: Cell = (value) => {
  const text = value.trim()
  const moment = parseMoment(text)
  if (moment === undefined) throw fault('is not a time like 2026-01-31 12:00:00+00:00', value)
  if (Number.isNaN(moment)) throw fault('is a time that does not exist', value)
  return text
}

/** Up to nine digits without a zero in front: nearly every number there is. */
function isShortNumber (value: string): boolean {
  if (value.length > 9 || (value.charCodeAt(0) === 48 && value.length > 1)) return false
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i)
    if (code < 48 || code > 57) return false
  }
  return true
}

function fault (what: string, value: string): CellFault {
  return new CellFault(`${what}: ${shorten(value, 40)}`)
}

/** A column of a CSV file. */
export interface Column {
  cell: Cell
  /**
   * `row`: the header must have it and every row a value; `value`: it may be left out, but where it is, every row has a
   * value.
   */
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
