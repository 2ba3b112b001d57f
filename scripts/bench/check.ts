import type { Case, Sent } from './requests.ts'

const FIELDS =
  'order_id|history_id|cart_id|order_number|created_at|updated_at|changed_at|days_since_prior_order'

/**
 * What differs from one request to the next, and from one gateway to the other: numbers that are given once, and the
 * time.
 */
const GIVEN_ONCE = new RegExp(`"(${FIELDS})":("[^"]*"|-?[\\d.]+|null)`, 'g')

/** Sends one request, and resolves with the bytes of the response; rejects with its status where it is refused. */
export async function ask (base: string, { method, path, headers, body }: Sent): Promise<string> {
  const response = await fetch(base + path, { method, headers, ...body !== undefined && { body } })
  const text = await response.text()
  if (!response.ok) {
    throw new Error(`${method} ${path} at ${base} was answered ${response.status}: ${text.slice(0, 300)}`)
  }
  return text
}

/**
 * Checks that two gateways respond with the same bytes, given-once numbers and times of a write aside.
 *
 * @param reset fills the carts again, before each request that changes them
 * @throws Error that shows the first difference
 */
export async function checkEqual (one: Case, ours: string, theirs: string, reset: () => Promise<void>): Promise<void> {
  for (const sent of one.sent.slice(0, one.isWrite ? 2 : 8)) {
    const texts: string[] = []
    for (const base of [ours, theirs]) {
      if (one.carts) await reset()
      const text = await ask(base, sent)
      // An empty cart that is not stored carries the time, too.
      texts.push(one.isWrite || text.startsWith('{"cart_id":null') ? text.replace(GIVEN_ONCE, '"$1":…') : text)
    }
    const [a, b] = texts as [string, string]
    if (a === b) continue
    let at = 0
    while (a[at] === b[at]) at++
    const near = (text: string) => text.slice(Math.max(0, at - 60), at + 60)
    throw new Error(
      `${one.name}: ${sent.method} ${sent.path} is not answered alike.\n  the gateway: …${near(a)}…\n  the other:   ` +
        `…${near(b)}…`
    )
  }
}
