import { userId, type Answer, type Shop } from './helper.ts'

interface Item { product_id: number, quantity?: number }

/**
 * Places an order of the fixture's user of that number. Sent again after a 503, as clients do: on a busy machine
 * whoever waits for a row for 2 s is told to come again.
 */
export async function place ({ call }: Shop, user: number, items: Item[], headers = {}): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await call('POST', '/orders', { user_id: userId(user), items }, headers)
    if (answer.status !== 503 || attempt === 50) return answer
  }
}

/** The same task that often, all at once. */
export const times = async <T>(n: number, task: (n: number) => Promise<T>): Promise<T[]> =>
  await Promise.all(Array.from({ length: n }, async (_, index) => await task(index)))
