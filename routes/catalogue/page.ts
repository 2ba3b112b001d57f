import type { Static } from '@sinclair/typebox'
import { problem } from '../../common/problems.ts'
import type { ProductRow } from './schema.ts'

/** What a list of products can be sorted by, as the contract names it. */
export const SORTS = ['product_id', 'name', 'price', '-price', 'popularity'] as const

export type Sort = typeof SORTS[number]

/** Behind which product a page begins: its id, and what it is sorted by, where that is not the id. */
export interface Position { sort: Sort, key: string, id: number }

type Found = Static<typeof ProductRow> & { total: number }

/**
 * Of rows that each hold the total; where no product is on the page, one row does. One more than `limit` tells whether
 * another page follows.
 *
 * @param encode writes the cursor behind a row; null where the list has none
 */
export function pageOf<Row extends Found> (found: Row[], limit: number, encode: ((last: Row) => string) | null) {
  const { total, product_id: first } = found[0]!
  const products = first === null ? [] : found.slice(0, limit)
  const last = products.at(-1)
  return { products, total, next_cursor: found.length > limit && last && encode ? encode(last) : null }
}

export const encodeId = ({ product_id: id }: { product_id: number }) => Buffer.from(`p${id}`).toString('base64url')

/** Rejects with INVALID_CURSOR. */
export function decodeId (cursor: string | undefined): number | null {
  if (cursor === undefined) return null
  const [, id] = /^p(\d{1,10})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (id === undefined) throw problem('INVALID_CURSOR')
  return Number(id)
}

export const encodePosition = ({ sort, key, id }: Position) =>
  Buffer.from(JSON.stringify([sort, key, id])).toString('base64url')

/** What a key of each order looks like. */
const KEYS: Record<Sort, RegExp> = {
  product_id: /^$/,
  name: /^[^\0]*$/u,
  price: /^(?:\d{1,8}\.\d\d|Infinity)$/,
  '-price': /^(?:-?\d{1,8}\.\d\d|Infinity)$/,
  popularity: /^-?\d{1,18}$/
}

/** Rejects with INVALID_CURSOR, also where the cursor is one of another order. */
export function decodePosition (cursor: string | undefined, sort: Sort): Position | undefined {
  if (cursor === undefined) return undefined
  const position = positionIn(Buffer.from(cursor, 'base64url').toString())
  const isOurs = position?.sort === sort && typeof position.key === 'string' && position.key.isWellFormed() &&
    KEYS[sort].test(position.key) && Number.isInteger(position.id) && Math.abs(position.id) < 2 ** 31
  if (!isOurs) throw problem('INVALID_CURSOR')
  return position
}

function positionIn (text: string): Position | undefined {
  try {
    const [sort, key, id] = JSON.parse(text)
    return { sort, key, id }
  } catch {
    return undefined
  }
}
