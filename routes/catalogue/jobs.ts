import fp from 'fastify-plugin'

/** Orders counted in one statement. */
const BATCH = 1000

/** The contract says 15 s: that leaves room for a busy database, and for a replica. */
const LOOK_EVERY_MS = 4000

/** Adds the orders placed since to how often each product was ordered, which lists are sorted by. */
export default fp(async ({ catalogue, jobs }) => {
  jobs.loop('orders to count by product', LOOK_EVERY_MS, async () => await catalogue.rankPopularity(BATCH) === BATCH)
}, { name: 'catalogue-jobs', dependencies: ['catalogue', 'jobs'] })
