import fp from 'fastify-plugin'
import type { Static } from '@sinclair/typebox'
import type { WaitingEvent } from '../domain/events.ts'

/** Events published at once; each is of another order. */
const BATCH = 200

/** Longer than the broker may take to confirm (broker.ts), so that two relays do not publish the same event side by side. */
const HOLD_SECONDS = 30

/** How often to look for events that another gateway or an SQL client caused; our own wake the relay at once. */
const LOOK_EVERY_MS = 500

/** After a failure, the pause doubles up to this. */
const MAX_PAUSE_MS = 10_000

const REGISTER_EVERY_MS = 3_600_000

/** Publishes the outbox to RabbitMQ: with confirms, at least once, in order for each order. Nothing without RABBITMQ_URL. */
export default fp(async (fastify) => {
  const { broker, events, config, log } = fastify
  if (!broker) return

  await events.register(config.RABBITMQ_QUEUE)
  const stop = new AbortController()
  let awake = false
  let wake = () => { awake = true }
  const pause = async (ms: number) => {
    if (!awake) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms)
        wake = () => { awake = true; clearTimeout(timer); resolve() }
      })
    }
    awake = false
  }
  async function publish (event: Static<typeof WaitingEvent>): Promise<void> {
    await broker!.publish({
      id: event.message_id,
      type: event.event_type,
      body: event.payload,
      // CloudEvents 1.0, AMQP protocol binding, binary mode.
      headers: {
        'cloudEvents:specversion': '1.0',
        'cloudEvents:id': event.message_id,
        'cloudEvents:source': '/db-service/orders',
        'cloudEvents:type': event.event_type,
        'cloudEvents:subject': String(event.order_id),
        'cloudEvents:time': event.occurred_at
      }
    })
  }

  /** Publishes one batch, and says how many events there were and how many failed. */
  async function relayBatch (): Promise<{ found: number, failed: number }> {
    const claimed = await events.claim(BATCH, HOLD_SECONDS)
    if (claimed.length === 0) return { found: 0, failed: 0 }
    const results = await Promise.allSettled(claimed.map(publish))
    const confirmed = claimed.filter((_, n) => results[n]!.status === 'fulfilled').map(({ id }) => id)
    const failed = claimed.filter((_, n) => results[n]!.status === 'rejected').map(({ id }) => id)
    if (confirmed.length > 0) await events.markPublished(confirmed)
    if (failed.length > 0) {
      const { reason } = results.find((result) => result.status === 'rejected') as PromiseRejectedResult
      await events.release(failed, String(reason))
    }
    return { found: claimed.length, failed: failed.length }
  }

  async function run (): Promise<void> {
    let pauseMs = LOOK_EVERY_MS
    let registered = performance.now()
    while (!stop.signal.aborted) {
      try {
        if (performance.now() - registered > REGISTER_EVERY_MS) {
          await events.register(config.RABBITMQ_QUEUE)
          registered = performance.now()
        }
        const { found, failed } = await relayBatch()
        if (failed > 0) throw new Error(`${failed} events could not be published`)
        pauseMs = LOOK_EVERY_MS
        if (found > 0) continue
      } catch (error) {
        log.warn({ reason: (error as Error).message }, 'order events wait')
        pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)
      }
      if (!stop.signal.aborted) await pause(pauseMs)
    }
  }

  broker.onConnect(() => wake())
  events.onAnnounced(() => wake())
  let running: Promise<void> | undefined
  fastify.addHook('onReady', async () => { running = run() })
  // Before the broker's and the database's own hooks, which were added earlier: those run after this one.
  fastify.addHook('onClose', async () => {
    stop.abort()
    wake()
    await running
  })
}, { name: 'order-events', dependencies: ['broker', 'events'] })
