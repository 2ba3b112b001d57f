import fp from 'fastify-plugin'

/** Orders settled at once: few, because nobody can place one meanwhile. */
const BATCH = 5000

/** By then most orders have come to rest: a change of one that is settled costs more. */
const AGE_MS = 7 * 24 * 3_600_000

const LOOK_EVERY_MS = 600_000

/**
 * Adds orders of a week ago to the sums per product (sql/functions/orders/product-totals.sql). For speed alone: the sums are exact
 * whenever it runs, or never.
 */
export default fp(async (fastify) => {
  const { orders, log } = fastify
  let running: Promise<void> | undefined
  const stop = new AbortController()

  async function settle (): Promise<void> {
    try {
      const latest = new Date(Date.now() - AGE_MS)
      let [before, after] = ['', await orders.settle(BATCH, latest)]
      while (!stop.signal.aborted && after !== before) [before, after] = [after, await orders.settle(BATCH, latest)]
    } catch (error) {
      log.warn({ reason: (error as Error).message }, 'orders wait to be settled')
    }
  }

  const timer = setInterval(() => { running ??= settle().finally(() => { running = undefined }) }, LOOK_EVERY_MS).unref()
  fastify.addHook('onClose', async () => {
    stop.abort()
    clearInterval(timer)
    await running
  })
}, { name: 'settle-orders', dependencies: ['orders'] })
