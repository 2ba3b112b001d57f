/**
 * At most `length` characters of a text that others wrote. Counted in code points and never cut inside of one: jsonb
 * refuses half a surrogate pair, with everything it is written together with.
 */
export function cut (text: string, length: number): string {
  if (text.length <= length) return text.toWellFormed()
  // Twice as many UTF-16 units hold all that is wanted: no need to take a long text apart.
  return Array.from(text.slice(0, 2 * length).toWellFormed()).slice(0, length).join('')
}

/** The same, with a mark where something is missing. */
export function shorten (text: string, length: number, mark = '…'): string {
  const short = cut(text, length)
  return short.length < text.length ? short + mark : short
}

/**
 * One line of at most `length` characters, as the database keeps why something failed: without control characters, NUL
 * among them.
 */
export function reasonOf (text: string, length = 500): string {
  return cut(text.replace(/\p{Cc}+/gu, ' '), length)
}

/**
 * An address for the log, which does without names, email addresses and tokens: these may stand in a query, or for
 * another service's id.
 */
export function pathOf (url: string): string {
  const end = url.indexOf('?')
  const path = end === -1 ? url : url.slice(0, end)
  // Nearly all have none, and are told from others in a fifth of the time.
  return /@|%40/.test(path) ? path.replace(/[^/]*(@|%40)[^/]*/g, '…') : path
}
