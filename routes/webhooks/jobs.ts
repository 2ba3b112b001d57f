import { setTimeout as sleep } from 'node:timers/promises'
import fp from 'fastify-plugin'
import type { Delivery, Outcome, Target } from './index.ts'
import { recordEach } from '../../common/record.ts'
import { reasonOf } from '../../common/text.ts'
import { signed } from './signature.ts'

/** Deliveries of one webhook that a gateway has in hand, and how many of them it sends at once. */
const ROOM = 64
const AT_ONCE = 8

/** Longer than what a gateway has in hand can take: 64 / 8 × 15 s (plugins/sender.ts). */
const HOLD_SECONDS = 150

/** How often to look for what other gateways and SQL clients caused. */
const LOOK_EVERY_MS = 250

/** How long what is being sent may go on when the gateway closes. */
const CLOSE_AFTER_MS = 2000
const CLOSING_LOOK_MS = 20

/** A consumer may ask for so long a pause. */
const MAX_RETRY_AFTER_SECONDS = 24 * 3600

/** Of the span of a delivery that a request led to. */
const DELIVER = { name: 'deliver webhook', kind: 'client', attributes: { 'http.request.method': 'POST' } } as const

/** What a gateway has in hand for one webhook. */
interface Lane { target: Target, waiting: Delivery[], sending: number }

/**
 * Sends deliveries to webhooks: at least once, in order for each order. Each webhook has a lane of its own, so that a
 * slow or dead one is in nobody's way.
 */
export default fp(async (fastify) => {
  const { jobs, log, metrics, sender, tracing, webhooks } = fastify
  const count = metrics.counter('db_service_webhooks_total',
    'Attempts to deliver to a webhook: acknowledged by the consumer, or failed for now or for good', 'outcome',
    ['delivered', 'failed'])
  const lanes = new Map<number, Lane>()
  let outcomes: Outcome[] = []
  let unsent: { id: number }[] = []
  let isClosing = false

  async function send ({ url, secrets }: Target, delivery: Delivery): Promise<Partial<Outcome>> {
    const body = delivery.is_test
      ? JSON.stringify({ id: delivery.message_id, event_type: 'test', occurred_at: delivery.created_at })
      : delivery.document
    if (body === null) return { reason: 'the event is no longer kept' }
    if (secrets.length === 0) return { reason: 'SECRET_KEY has changed: the secret has to be made anew' }
    try {
      const post = async (traceparent: string | null) => await sender.post(url, {
        ...signed(secrets, delivery.message_id!, body), ...traceparent !== null && { traceparent }
      }, body)
      const { status, retryAfter } = await (tracing
        ? tracing.follow(delivery.traceparent, DELIVER, post)
        : post(delivery.traceparent))
      const isDelivered = status >= 200 && status < 300
      return {
        status,
        is_delivered: isDelivered,
        is_gone: status === 410,
        reason: isDelivered ? null : `HTTP ${status}`,
        retry_after: isDelivered ? null : secondsOf(retryAfter)
      }
    } catch (error) {
      return { reason: reasonOf((error as Error).message) }
    }
  }

  async function deliver (lane: Lane, delivery: Delivery): Promise<void> {
    lane.sending++
    const since = performance.now()
    const outcome = await send(lane.target, delivery)
    lane.sending--
    count(outcome.is_delivered ? 'delivered' : 'failed')
    outcomes.push({
      id: delivery.id,
      webhook_id: delivery.webhook_id,
      is_delivered: false,
      is_gone: false,
      status: null,
      reason: null,
      retry_after: null,
      took_ms: Math.round(performance.now() - since),
      ...outcome
    })
    // One that fails is a sign that the others would: they wait where all gateways see them.
    if (!outcome.is_delivered) unsent.push(...lane.waiting.splice(0))
    pump(lane)
    loop.wake()
  }

  function pump (lane: Lane): void {
    while (lane.sending < AT_ONCE && lane.waiting.length > 0) deliver(lane, lane.waiting.shift()!)
  }

  async function recordAll (): Promise<void> {
    const [done, left] = [outcomes, unsent];
    [outcomes, unsent] = [[], []]
    try {
      await recordEach(log, 'what became of a delivery', done, webhooks.record)
      await recordEach(log, 'a delivery that was not tried', left,
        async (some) => await webhooks.release(some.map(({ id }) => id)))
    } catch (error) {
      // The database is away: what is known is not forgotten.
      outcomes.unshift(...done)
      unsent.unshift(...left)
      throw error
    }
  }

  const loop = jobs.loop('webhooks', LOOK_EVERY_MS, async () => {
    await recordAll()
    if (isClosing) return false
    const rooms = new Map([...lanes].map(([id, { waiting, sending }]) => {
      const inHand = waiting.length + sending
      // A lane that is half full need not be asked about each time.
      return [id, inHand > ROOM / 2 ? 0 : ROOM - inHand]
    }))
    const { deliveries, targets } = await webhooks.claim(rooms, ROOM, HOLD_SECONDS)
    for (const delivery of deliveries) {
      const { webhook_id: id } = delivery
      const lane = lanes.get(id) ?? { target: targets.get(id)!, waiting: [], sending: 0 }
      lane.target = targets.get(id)!
      lane.waiting.push(delivery)
      lanes.set(id, lane)
    }
    for (const lane of lanes.values()) pump(lane)
    for (const [id, { waiting, sending }] of lanes) if (waiting.length + sending === 0) lanes.delete(id)
    return deliveries.length > 0
  })

  // Before the loop and the database end. What is being sent may go on for a moment; the rest is for other gateways.
  fastify.addHook('onClose', async () => {
    isClosing = true
    const since = performance.now()
    do {
      for (const lane of lanes.values()) unsent.push(...lane.waiting.splice(0))
      await recordAll().catch(() => {})
      await sleep(CLOSING_LOOK_MS)
    } while ([...lanes.values()].some(({ sending }) => sending > 0) && performance.now() - since < CLOSE_AFTER_MS)
    await recordAll().catch(() => {})
  })
}, { name: 'webhook-deliveries', dependencies: ['jobs', 'metrics', 'sender', 'tracing', 'webhooks'] })

/** Retry-After: seconds, or a date (RFC 9110, section 10.2.3). */
function secondsOf (retryAfter: string | undefined): number | null {
  if (retryAfter === undefined) return null
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), MAX_RETRY_AFTER_SECONDS) : null
}
