/** A row or a list of them, in the gateway's own names and shape. */
export type Value = null | boolean | number | string | Value[] | { [field: string]: Value }

const MOMENT = /^\d{4}-\d\d-\d\dT/

/**
 * Whether another server's rows are ours: the same fields, lists in the same order, and values that mean the same. How
 * a value is written may differ: a number may be text there (numeric, bigint), and a moment have another zone, or
 * milliseconds only, which is what JavaScript's dates keep.
 *
 * @param at where in the response, for the sentence
 * @returns the first difference in a sentence, or null
 */
export function differenceOf (ours: Value, theirs: Value | undefined, at = 'the response'): string | null {
  if (Array.isArray(ours)) {
    if (!Array.isArray(theirs)) return told(at, ours, theirs)
    if (ours.length !== theirs.length) return `${at} has ${theirs.length} entries instead of ${ours.length}`
    return firstOf(ours.map((value, n) => () => differenceOf(value, theirs[n], `${at}[${n}]`)))
  }
  if (ours !== null && typeof ours === 'object') {
    if (theirs === null || typeof theirs !== 'object' || Array.isArray(theirs)) return told(at, ours, theirs)
    const more = Object.keys(theirs).filter((name) => !(name in ours))
    if (more.length > 0) return `${at} has ${more.join(', ')} as well`
    return firstOf(Object.entries(ours).map(([name, value]) =>
      () => differenceOf(value, theirs[name], at === 'the response' ? name : `${at}.${name}`)))
  }
  return meansTheSame(ours, theirs) ? null : told(at, ours, theirs)
}

function firstOf (looks: (() => string | null)[]): string | null {
  for (const look of looks) {
    const found = look()
    if (found !== null) return found
  }
  return null
}

function meansTheSame (ours: Value, theirs: Value | undefined): boolean {
  if (ours === theirs) return true
  if (typeof theirs === 'string' && theirs.trim() !== '' && typeof ours === 'number') return Number(theirs) === ours
  if (typeof theirs === 'number' && typeof ours === 'string') return String(theirs) === ours
  return typeof ours === 'string' && typeof theirs === 'string' && MOMENT.test(ours) && MOMENT.test(theirs) &&
    Date.parse(ours) === Date.parse(theirs)
}

const told = (at: string, ours: Value, theirs: Value | undefined) =>
  `${at} is ${JSON.stringify(theirs)?.slice(0, 100)} instead of ${JSON.stringify(ours).slice(0, 100)}`
