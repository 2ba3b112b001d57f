import { randomUUID } from 'node:crypto'
import { userId, type Answer, type Shop } from './helper.ts'

interface Item { product_id: number, quantity?: number }

/** How long who waits for a row or a connection waits at least before being refused (database/statements.ts). */
const LEAST_WAIT_MS = 1400

/**
 * Places an order of the fixture's user of that number. Sent again, as clients do, after a 503 that came in its time:
 * on a busy machine whoever waits for a row in vain is told to come again. One that came sooner is returned.
 */
export async function place ({ call }: Shop, user: number, items: Item[], headers = {}): Promise<Answer> {
  // Without a key one that was answered 503 when it was done would be placed twice.
  const sent = { 'idempotency-key': randomUUID(), ...headers }
  for (let attempt = 1; ; attempt++) {
    const since = performance.now()
    const answer = await call('POST', '/orders', { user_id: userId(user), items }, sent)
    const isEarly = performance.now() - since < LEAST_WAIT_MS
    if (answer.status !== 503 || isEarly || attempt === 50) return answer
  }
}

/** The same task that often, all at once. */
export const times = async <T>(n: number, task: (n: number) => Promise<T>): Promise<T[]> =>
  await Promise.all(Array.from({ length: n }, async (_, index) => await task(index)))
