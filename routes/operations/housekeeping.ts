import { setTimeout as sleep } from 'node:timers/promises'
import fp from 'fastify-plugin'

/** At 17 minutes past each hour, when nobody else's hourly jobs run. */
const HOURLY = '17 * * * *'

/** Rows worked on in one statement: short enough to be in nobody's way. */
const BATCH = 1000

/** By then most orders have come to rest: a change of one that is settled costs more. */
const SETTLE_AGE_MS = 7 * 24 * 3_600_000

/**
 * Settling waits for transactions that were there before; those of a request are over by then, for others it goes on in
 * an hour.
 */
const SETTLE_PATIENCE_MS = 10_000
const SETTLE_PAUSE_MS = 20

/**
 * Clears what has served its time, gives up on emails and deliveries that could not be sent in time, folds the sums of
 * past days, settles orders of a week ago, and looks whether the shop's laws hold. Each step for itself: one that fails
 * fails the tick at its end, and keeps none of the others from being done.
 */
export default fp(async ({ carts, catalogue, events, invariants, jobs, log, notifications, orders, webhooks }) => {
  const batches = {
    'given up emails': notifications.expireEmails,
    'cleared idempotency keys': orders.clearIdempotencyKeys,
    'cleared carts': carts.clearAbandoned,
    'given up deliveries': webhooks.expire,
    'cleared published events': events.clearPublished,
    'cleared deliveries': webhooks.clear,
    'cleared webhooks': webhooks.clearDeleted,
    'cleared emails': notifications.clearEmails,
    'cleared reminders': notifications.clearReminders,
    'folded sums of past days': orders.foldTotals,
    'folded movements of stocks': catalogue.foldMovements
  }

  async function workOff (what: string, step: (limit: number) => Promise<number>, signal: AbortSignal): Promise<void> {
    let count = 0
    for (let batch = BATCH; batch === BATCH && !signal.aborted; count += batch) batch = await step(BATCH)
    if (count > 0) log.info({ count }, what)
  }

  /**
   * For speed alone: the sums per product (sql/orders/functions/settle-orders.sql) are exact whenever this runs, or
   * never.
   */
  async function settle (signal: AbortSignal): Promise<void> {
    const latest = new Date(Date.now() - SETTLE_AGE_MS)
    let [settled, since] = ['', performance.now()]
    while (performance.now() - since < SETTLE_PATIENCE_MS && !signal.aborted) {
      const until = await orders.settle(BATCH, latest)
      if (until !== settled) [settled, since] = [until, performance.now()]
      if (new Date(until) >= latest) return
      await sleep(SETTLE_PAUSE_MS)
    }
  }

  await jobs.schedule('housekeeping', HOURLY, async (signal) => {
    const steps: [string, () => Promise<void>][] = [
      ...Object.entries(batches)
        .map(([what, step]): [string, () => Promise<void>] => [what, async () => await workOff(what, step, signal)]),
      ['settled orders', async () => await settle(signal)],
      ['checked laws', async () => await invariants.check(signal)]
    ]
    const failures: string[] = []
    for (const [what, step] of steps) {
      try {
        await step()
      } catch (error) {
        failures.push(`${what}: ${(error as Error).message}`)
        log.error({ step: what, reason: (error as Error).message, cause: (error as Error).cause },
          'a step of housekeeping failed')
      }
    }
    if (failures.length > 0) throw new Error(failures.join('; '))
  })
}, {
  name: 'housekeeping',
  dependencies: ['carts', 'catalogue', 'events', 'invariants', 'jobs', 'notifications', 'orders', 'webhooks']
})
