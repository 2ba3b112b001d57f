import { problem } from '../../common/problems.ts'

/** A cursor names the last order of a page: its time in microseconds since 1970 and its id. Opaque to callers. */
export function encodeCursor (position: string | null): string | null {
  return position === null ? null : Buffer.from(`o${position}`).toString('base64url')
}

/** Time and id to go on behind, as text: microseconds are past what a double holds. Rejects with INVALID_CURSOR. */
export function decodeCursor (cursor: string | undefined): [string | null, string | null] {
  if (cursor === undefined) return [null, null]
  const [, time, id] = /^o(-?\d{1,17})\.(\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  if (time === undefined || id === undefined) throw problem('INVALID_CURSOR')
  return [time, id]
}

/** The end of a range of time as the database takes it: a date alone includes that day. */
export const endOf = (to: string | undefined): string | null =>
  to?.length === '2026-11-21'.length ? `${to}T23:59:59.999999Z` : to ?? null
