import fp from 'fastify-plugin'
import type { Static } from '@sinclair/typebox'
import type { WaitingEvent } from './index.ts'
import { recordEach } from '../../common/record.ts'

/** Events published at once; each is of another order. */
const BATCH = 200

/**
 * Longer than the broker may take to confirm (broker.ts), so that two relays do not publish the same event side by
 * side.
 */
const HOLD_SECONDS = 30

/** How often to look for events that another gateway or an SQL client caused; our own wake the relay at once. */
const LOOK_EVERY_MS = 500

const REGISTER_EVERY_MS = 3_600_000

/**
 * Publishes the outbox to RabbitMQ: with confirms, at least once, in order for each order. Nothing without
 * RABBITMQ_URL.
 */
export default fp(async (fastify) => {
  const { broker, events, config, jobs, log, tracing } = fastify
  if (!broker) return

  await events.register(config.RABBITMQ_QUEUE)

  async function publish (event: Static<typeof WaitingEvent>, traceparent: string | null): Promise<void> {
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
        'cloudEvents:time': event.occurred_at,
        // By the name that tracing libraries read, and as CloudEvents' extension for distributed tracing.
        ...traceparent !== null && { traceparent, 'cloudEvents:traceparent': traceparent }
      }
    })
  }

  async function publishTraced (event: Static<typeof WaitingEvent>): Promise<void> {
    if (!tracing) return await publish(event, event.traceparent)
    await tracing.follow(event.traceparent, {
      name: `publish ${event.event_type}`,
      kind: 'producer',
      attributes: {
        'messaging.system': 'rabbitmq',
        'messaging.operation.type': 'send',
        'messaging.destination.name': config.RABBITMQ_QUEUE,
        'messaging.message.id': event.message_id
      }
    }, async (own) => await publish(event, own))
  }

  /** Publishes one batch, and says whether there was one. */
  async function relayBatch (): Promise<boolean> {
    const claimed = await events.claim(BATCH, HOLD_SECONDS)
    if (claimed.length === 0) return false
    const results = await Promise.allSettled(claimed.map(publishTraced))
    const confirmed = claimed.filter((_, n) => results[n]!.status === 'fulfilled')
    const failed = claimed.filter((_, n) => results[n]!.status === 'rejected')
    const ids = (some: { id: number }[]) => some.map(({ id }) => id)
    // One that is refused is published again once its hold is over; the others are not held up.
    await recordEach(log, 'a published event', confirmed, async (some) => await events.markPublished(ids(some)))
    if (failed.length === 0) return true
    const { reason } = results.find((result) => result.status === 'rejected') as PromiseRejectedResult
    const { message } = reason as Error
    await recordEach(log, 'why an event waits', failed, async (some) => await events.release(ids(some), message))
    throw new Error(`${failed.length} events could not be published: ${message}`)
  }

  let registered = performance.now()
  const relay = jobs.loop('order events', LOOK_EVERY_MS, async () => {
    if (performance.now() - registered > REGISTER_EVERY_MS) {
      await events.register(config.RABBITMQ_QUEUE)
      registered = performance.now()
    }
    if (broker.isReady()) return await relayBatch()
    // For gateways that have no broker, or another way to it.
    const fault = broker.fault()
    if (fault) await events.noteFault(fault.reason)
    return false
  })
  broker.onReady(() => relay.wake())
  events.onAnnounced(() => relay.wake())
}, { name: 'order-events', dependencies: ['broker', 'events', 'jobs', 'tracing'] })
