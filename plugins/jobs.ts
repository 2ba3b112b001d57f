import { setTimeout as sleep } from 'node:timers/promises'
import fp from 'fastify-plugin'
import { PgBoss } from 'pg-boss'
import { callers } from '../database/caller.ts'
import { driverUrl } from '../database/client.ts'
import { hostsOf, SocketToHost } from '../database/hosts.ts'
import { problem } from '../common/problems.ts'

/** After a failure, a loop's pause doubles up to this. */
const MAX_PAUSE_MS = 10_000

/**
 * Ticks that are over, done or failed for good, are kept for three days: one a minute, so that is 4,320 rows to look
 * through.
 */
const TICK = { retryLimit: 2, retryDelay: 5, deleteAfterSeconds: 3 * 24 * 3600 }

/**
 * Of pg-boss's connections, in ms: one that says nothing any more is given up. What pg-boss does in one statement takes
 * a moment; making its tables waits for another gateway that makes them.
 */
const BOUNDS = { connectionTimeoutMillis: 5000, query_timeout: 20_000, keepAlive: true }

/** How often to look for a tick. */
const POLLING_SECONDS = 2

export interface Loop {
  /** There is something to do: no need to wait until the pause is over. */
  wake (): void
}

declare module 'fastify' {
  interface FastifyInstance {
    jobs: {
      /**
       * Has `work` done at each tick of the cron expression (UTC, to the minute), by one of the gateways on this
       * database. A missed tick does not come back, and a tick may come twice: what is due must stand in the data.
       */
      schedule (queue: string, cron: string, work: (signal: AbortSignal) => Promise<void>): Promise<void>
      /**
       * Calls `step` again and again: at once while it says that there was something to do, else after `pauseMs`, and
       * with growing pauses while it rejects.
       */
      loop (name: string, pauseMs: number, step: (signal: AbortSignal) => Promise<boolean>): Loop
      /** Hands out ticks that failed for good once more. */
      retry (queue: string, ids: string[]): Promise<void>
      /** Whether ticks are handed out. */
      isStarted (): boolean
    }
  }
}

/**
 * Work that nobody waits for: ticks by pg-boss, inside the database, and loops over rows that wait. pg-boss is the
 * clock alone, since what waits (events, emails, reminders) is written by the statement that causes it: as a job of
 * pg-boss it would be a second statement, and its queues in order (key_strict_fifo) are blocked by a job that failed.
 */
export default fp(async (fastify) => {
  const { log } = fastify
  const stop = new AbortController()
  const running = new Set<Promise<void>>()
  let isStarted = false

  const { url } = fastify.database
  const boss = new PgBoss({
    // It takes one host only; where there are several, its sockets find the one that is the primary.
    connectionString: driverUrl(url),
    ...hostsOf(url).length > 1 && { stream: () => new SocketToHost(url) },
    max: 2,
    application_name: 'db-service jobs',
    persistWarnings: false,
    ...BOUNDS
  })
  // Without a listener an error of its own connections would end the process.
  boss.on('error', (error) => log.warn({ reason: error.message }, 'pg-boss'))
  await boss.start()

  /** Lets closing wait for it. */
  async function track (work: Promise<void>): Promise<void> {
    running.add(work)
    try {
      await work
    } finally {
      running.delete(work)
    }
  }

  async function runLoop (
    name: string, pauseMs: number, step: (signal: AbortSignal) => Promise<boolean>, nap: (ms: number) => Promise<void>
  ) {
    let pause = pauseMs
    while (!stop.signal.aborted) {
      try {
        const wasBusy = await step(stop.signal)
        pause = pauseMs
        if (wasBusy) continue
      } catch (error) {
        log.warn({ reason: (error as Error).message }, `${name} wait`)
        pause = Math.min(pause * 2, MAX_PAUSE_MS)
      }
      if (!stop.signal.aborted) await nap(pause)
    }
  }

  fastify.decorate('jobs', {
    schedule: async (queue, cron, work) => {
      await boss.createQueue(queue, TICK)
      await boss.updateQueue(queue, TICK)
      await boss.schedule(queue, cron, null, { tz: 'UTC' })
      fastify.addHook('onReady', async () => {
        await boss.work(queue, { pollingIntervalSeconds: POLLING_SECONDS }, async () => {
          await track(work(stop.signal)).catch((error: Error) => {
            log.error({ queue, reason: error.message }, 'a job failed')
            throw error
          })
        })
      })
    },
    loop: (name, pauseMs, step) => {
      // Aborted by a call that comes while a step runs, too: then there is no pause after it.
      let alarm = new AbortController()
      const wake = () => alarm.abort()
      const nap = async (ms: number) => {
        await sleep(ms, undefined, { signal: alarm.signal }).catch(() => {})
        alarm = new AbortController()
      }
      stop.signal.addEventListener('abort', wake)
      fastify.addHook('onReady', async () => { track(runLoop(name, pauseMs, step, nap)) })
      return { wake }
    },
    retry: async (queue, ids) => {
      // pg-boss has connections of its own.
      if (callers.getStore()?.dryRun) return
      try {
        await boss.retry(queue, ids)
      } catch (error) {
        // Found by a statement of ours a moment ago: all that can go wrong here is the way to the database.
        throw Object.assign(problem('DATABASE_UNAVAILABLE'), { cause: (error as Error).message })
      }
    },
    isStarted: () => isStarted
  })

  fastify.addHook('onReady', async () => { isStarted = true })
  // Before the hooks of the database and the broker, which were added earlier and so run later.
  fastify.addHook('onClose', async () => {
    isStarted = false
    stop.abort()
    await Promise.allSettled(running)
    // Nothing runs any more: there is nothing to wait for gracefully, which takes half a second.
    await boss.stop({ graceful: false })
  })
}, { name: 'jobs', dependencies: ['database', 'broker', 'mailer'] })
