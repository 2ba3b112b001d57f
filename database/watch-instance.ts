import type { FastifyInstance } from 'fastify'

/** How often to look. A gateway on a database that was reset must not go on for long; the look costs 0.1 ms. */
const LOOK_EVERY_MS = 1000

/**
 * Offers to tell once when the database has been built anew by a reset: the jobs' tables are gone then, and what this
 * gateway remembers is of another shop.
 *
 * @param own the id of the database this gateway started with
 * @param findInstance the id of the one there is
 */
export function instanceWatch (fastify: FastifyInstance, own: string, findInstance: () => Promise<string | undefined>) {
  let timer: NodeJS.Timeout | undefined
  let isClosed = false
  fastify.addHook('onClose', async () => {
    isClosed = true
    clearTimeout(timer)
  })
  return (onReset: () => void): void => {
    const look = async () => {
      // While it cannot be told, because the database is away or in the middle of the reset, requests are refused
      // anyway.
      const instance = await findInstance().catch(() => undefined)
      if (isClosed) return
      if (instance !== undefined && instance !== own) onReset()
      else timer = setTimeout(look, LOOK_EVERY_MS)
    }
    timer = setTimeout(look, LOOK_EVERY_MS)
  }
}
