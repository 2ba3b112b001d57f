import { problem } from '../../common/problems.ts'

/** A place in the feed: which database's, and behind which event. */
export interface Position { feed: string, sequence: number }

/** So much of a feed's id tells one from another. */
const FEED_LENGTH = 8

/** Opaque to callers. */
export const encodeCursor = ({ feed, sequence }: Position): string =>
  Buffer.from(`e${feed.slice(0, FEED_LENGTH)}.${sequence}`).toString('base64url')

/** Rejects with INVALID_CURSOR. */
export function decodeCursor (cursor: string): Position {
  const [, feed, sequence] = /^e([0-9a-f]{8})\.(\d{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? []
  const position = { feed: feed ?? '', sequence: Number(sequence) }
  // The decoder passes over what is not base64url: only the text itself will do.
  if (feed === undefined || encodeCursor(position) !== cursor) throw problem('INVALID_CURSOR')
  return position
}
