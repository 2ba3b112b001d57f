import type { FastifyInstance } from 'fastify'
import { remembered } from '../../common/remembered.ts'

/**
 * Counting 200,000 waiting of each takes the database 0.1 s. Whoever else scrapes within this time gets the same; it is
 * shorter than Prometheus' usual 15 s, so that no two scrapes of one do.
 */
const FRESH_MS = 10_000

interface State { queue: string, depth: number, oldest: string | null, failed: number }

/** Shows how much waits, and for how long. */
export function showQueues (metrics: FastifyInstance['metrics'], listQueues: () => Promise<State[]>): void {
  const list = remembered(FRESH_MS, listQueues)
  const each = (read: (state: State) => number) => async () =>
    Object.fromEntries((await list()).map((state) => [state.queue, read(state)]))
  const of = async (name: string) => (await list()).find(({ queue }) => queue === name)!

  metrics.gauge('db_service_queue_depth', 'What waits in a queue, or is under way', each(({ depth }) => depth), 'queue')
  metrics.gauge('db_service_queue_age_seconds', 'How long the oldest in a queue has waited', each(ageOf), 'queue')
  metrics.gauge('db_service_queue_failed', 'What failed for good in a queue', each(({ failed }) => failed), 'queue')
  metrics.gauge('db_service_oldest_unpublished_event_seconds', 'How long the oldest event has waited for the broker',
    async () => ageOf(await of('order-events')))
  metrics.gauge('db_service_reminders_due', 'Users whose reminder is due', async () => (await of('reminders')).depth)
}

const ageOf = ({ oldest }: State) => oldest === null
  ? 0
  : Math.max(0, (Date.now() - Date.parse(oldest)) / 1000)
