import fp from 'fastify-plugin'

/** At 17 minutes past each hour, when nobody else's hourly jobs run. */
const HOURLY = '17 * * * *'

/** Rows deleted in one statement: short enough to be in nobody's way. */
const BATCH = 1000

/** Orders settled in one statement; nobody places one for the 0.2 s that takes. */
const SETTLE_BATCH = 5000

/** By then most orders have come to rest: a change of one that is settled costs more. */
const SETTLE_AGE_MS = 7 * 24 * 3_600_000

/** Clears what has served its time, gives up on emails that could not be sent in time, and settles orders of a week ago. */
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

    // For speed alone: the sums per product (sql/functions/orders/product-totals.sql) are exact whenever this runs, or never.
    let before: string
    let settled = ''
    do {
      before = settled
      settled = await orders.settle(SETTLE_BATCH, new Date(Date.now() - SETTLE_AGE_MS))
    } while (settled !== before && !signal.aborted)
  })
}, { name: 'housekeeping', dependencies: ['carts', 'events', 'jobs', 'notifications', 'orders'] })
