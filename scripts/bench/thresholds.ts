import type { Name } from './requests.ts'

/**
 * What `--quick` holds: how many times the minimal gateway's processor time a request of the gateway's may take.
 * This ratio moves least with what else the machine does. Well above what was seen on a busy machine
 * (docs/performance.md), for short rounds are noisy; to be lowered when it gets better.
 */
export const LIMITS: Record<Name, number> = {
  livez: 3.5,
  product: 4,
  user: 3.5,
  page: 3.5,
  filtered: 3.5,
  search: 4,
  cart: 3.5,
  order: 3.5,
  'orders-of-user': 3.5,
  'management-list': 3.5,
  'add-to-cart': 4,
  place: 4,
  checkout: 4
}

export interface Verdict { holds: boolean, sentences: string[] }

/**
 * Judges the ratios of processor time, the gateway's to the minimal one's, by request.
 *
 * @param ratios null: could not be measured, which fails as well
 */
export function judge (ratios: Map<string, number | null>, limits: Record<string, number> = LIMITS): Verdict {
  const sentences: string[] = []
  for (const [name, ratio] of ratios) {
    const limit = limits[name]
    if (limit === undefined) sentences.push(`${name}: there is no limit for it`)
    else if (ratio === null || !Number.isFinite(ratio)) sentences.push(`${name}: its processor time could not be read`)
    else if (ratio > limit) {
      sentences.push(`${name}: ${ratio.toFixed(2)} times the minimal gateway's processor time, ${limit} at most`)
    }
  }
  if (ratios.size === 0) sentences.push('nothing was measured')
  return { holds: sentences.length === 0, sentences }
}
