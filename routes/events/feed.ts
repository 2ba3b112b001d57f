import fp from 'fastify-plugin'

/** Events that get their place in the feed with one statement: about 30 ms. */
const BATCH = 1000

/**
 * How often to look. Events do not wake it: under load each would be a statement of its own, which takes a thousand.
 */
const LOOK_EVERY_MS = 250

/** Keeps the feed of events going: each gateway looks, and one at a time has something to do. */
export default fp(async (fastify) => {
  const { events, jobs } = fastify
  jobs.loop('the feed of events', LOOK_EVERY_MS, async () => {
    if (fastify.draining) events.releaseWaiting()
    return await events.number(BATCH) === BATCH
  })
  fastify.addHook('preClose', async () => events.releaseWaiting())
}, { name: 'event-feed', dependencies: ['events', 'jobs'] })
