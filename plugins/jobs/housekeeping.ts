import fp from 'fastify-plugin'

/** At 17 minutes past each hour, when nobody else's hourly jobs run. */
const HOURLY = '17 * * * *'

/** Rows deleted in one statement: short enough to be in nobody's way. */
const BATCH = 1000

/** Clears what has served its time, and gives up on emails that could not be sent in time. */
export default fp(async ({ carts, events, jobs, log, notifications, orders }) => {
  const tasks = {
    'idempotency keys': orders.clearIdempotencyKeys,
    carts: carts.clearAbandoned,
    'published events': events.clearPublished,
    emails: notifications.clearEmails,
    reminders: notifications.clearReminders
  }

  await jobs.schedule('housekeeping', HOURLY, async (signal) => {
    await notifications.expireEmails()
    for (const [what, clear] of Object.entries(tasks)) {
      let cleared = 0
      for (let batch = BATCH; batch === BATCH && !signal.aborted;) {
        batch = await clear(BATCH)
        cleared += batch
      }
      if (cleared > 0) log.info({ cleared }, `cleared old ${what}`)
    }
  })
}, { name: 'housekeeping', dependencies: ['carts', 'events', 'jobs', 'notifications', 'orders'] })
