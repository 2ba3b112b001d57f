import type { FastifyInstance } from 'fastify'
import { within } from '../common/within.ts'
import type { Replica } from './replicas.ts'
import { statementTexts } from './statements.ts'

const LAG = statementTexts.get('gateway/replica-lag')!

/** A server that has not said anything by then counts as away. Within what a gauge may take (plugins/metrics.ts). */
const ANSWER_MS = 1000

/** Shows whether the servers respond, and how far the replicas are behind. Replicas are numbered as they are set. */
export function showServers (
  metrics: FastifyInstance['metrics'], ping: () => Promise<void>, replicas: Replica[]
): void {
  metrics.gauge('db_service_database_up', 'Whether the database responds',
    async () => Number(await responds(ping())))
  if (replicas.length === 0) return
  const each = async (read: (replica: Replica) => Promise<number | null>) => Object.fromEntries(
    (await Promise.all(replicas.map(async (replica, at) => [at + 1, await read(replica)] as const)))
      .filter((entry): entry is [number, number] => entry[1] !== null))
  metrics.gauge('db_service_replica_up', 'Whether a replica responds',
    async () => await each(async ({ watch }) => Number(await responds(watch.ask()))), 'replica')
  metrics.gauge('db_service_replica_lag_seconds', 'How far a replica is behind',
    async () => await each(async ({ watch }) => {
      const rows = await within(ANSWER_MS, watch.run(LAG, [])).catch(() => undefined)
      return rows?.[0]!.seconds as number | null ?? null
    }), 'replica')
}

const responds = async (ping: Promise<void>): Promise<boolean> =>
  await within(ANSWER_MS, ping.then(() => true)).catch(() => false) ?? false
