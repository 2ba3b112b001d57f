import fp from 'fastify-plugin'

/** Users reminded in one statement, whose rows it holds locked meanwhile. */
const BATCH = 500

/**
 * Reminds whoever is due, at each tick of REMINDER_CRON. Due is what the data says: a missed tick delays, a second one
 * does no harm.
 */
export default fp(async ({ config, jobs, log, notifications }) => {
  await jobs.schedule('reminders', config.REMINDER_CRON, async (signal) => {
    let reminded = 0
    for (let due = BATCH; due === BATCH && !signal.aborted;) {
      const batch = await notifications.remind(BATCH)
      reminded += batch.reminded
      due = batch.due
    }
    if (reminded > 0) log.info({ reminded }, 'reminders given')
  })
}, { name: 'reminders', dependencies: ['jobs', 'notifications'] })
