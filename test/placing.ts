import { userId, type Shop } from './helper.ts'

interface Item { product_id: number, quantity?: number }

/** Places an order of the fixture's user of that number. */
export const place = async ({ call }: Shop, user: number, items: Item[], headers = {}) =>
  await call('POST', '/orders', { user_id: userId(user), items }, headers)

/** The same task that often, all at once. */
export const times = async <T>(n: number, task: (n: number) => Promise<T>): Promise<T[]> =>
  await Promise.all(Array.from({ length: n }, async (_, index) => await task(index)))
