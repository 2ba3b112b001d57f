import { problem } from '../../common/problems.ts'
import { oneOf } from '../../schemas.ts'

/** What a list of orders can be sorted by. */
const SORTS = ['-created', 'created', 'total', '-total'] as const

export type Sort = typeof SORTS[number]

export const OrderSort = oneOf(SORTS, {
  default: '-created',
  description: 'by creation or by what their items cost, `-`: the highest first; with `product_id` newest first only'
})

/**
 * The order of a list as the database takes it: null for newest first. Rejects with INVALID_INPUT where a list of a
 * product's orders is to be sorted otherwise: all of them would have to be looked at.
 */
export function sortOf (
  { sort = '-created', product_id: product }: { sort?: Sort, product_id?: number }
): string | null {
  if (sort === '-created') return null
  if (product === undefined) return sort
  throw problem('INVALID_INPUT', {}, [{ field: 'sort', message: 'must be -created where product_id is given' }])
}

/** How a cursor of each order begins, and what it looks like. */
const CURSORS: Record<Sort, [mark: string, pattern: RegExp]> = {
  '-created': ['o', /^o(-?\d{1,17})\.(\d{1,18})$/],
  created: ['c', /^c(-?\d{1,17})\.(\d{1,18})$/],
  total: ['t', /^t(-?\d{1,14}\.\d\d)\.(\d{1,18})$/],
  '-total': ['T', /^T(-?\d{1,14}\.\d\d)\.(\d{1,18})$/]
}

/**
 * A cursor names the last order of a page: what it is sorted by (a time in microseconds since 1970, or an amount) and
 * its id. Opaque to callers.
 */
export function encodeCursor (position: string | null, sort: Sort = '-created'): string | null {
  return position === null ? null : Buffer.from(`${CURSORS[sort][0]}${position}`).toString('base64url')
}

/**
 * Key and id to go on behind, as text: microseconds are past what a double holds. Rejects with INVALID_CURSOR, also
 * where the cursor is one of another order.
 */
export function decodeCursor (cursor: string | undefined, sort: Sort = '-created'): [string | null, string | null] {
  if (cursor === undefined) return [null, null]
  const [, key, id] = CURSORS[sort][1].exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (key === undefined || id === undefined) throw problem('INVALID_CURSOR')
  return [key, id]
}

/** The end of a range of time as the database takes it: a date alone includes that day. */
export const endOf = (to: string | undefined): string | null =>
  to?.length === '2026-11-21'.length ? `${to}T23:59:59.999999Z` : to ?? null
