import type { FastifyInstance } from 'fastify'
import { within } from '../common/within.ts'
import type { Replica } from './replicas.ts'
import type { Measures } from './statements.ts'

/** A server that has not said anything by then counts as away. Within what a gauge may take (plugins/metrics.ts). */
const ANSWER_MS = 1000

/** Measures statements under the names of our metrics. */
export const measuresOf = (metrics: FastifyInstance['metrics']): Measures => ({
  durationOf: metrics.histogram('db_service_statement_duration_seconds',
    'How long a run of a statement had a connection', 'statement'),
  retried: metrics.counter('db_service_statement_retries_total',
    'Statements run again, since a lock was not to be had in time or two were in conflict', 'reason',
    ['lock', 'conflict'])
})

/** Shows whether the servers respond, and how far the replicas are behind. Replicas are numbered as they are set. */
export function showServers (
  metrics: FastifyInstance['metrics'], ping: () => Promise<void>, replicas: Replica[]
): void {
  metrics.gauge('db_service_database_up', 'Whether the database responds',
    async () => Number(await responds(ping())))
  if (replicas.length === 0) return
  const each = (read: (replica: Replica) => number) => Object.fromEntries(
    replicas.map((replica, at) => [at + 1, read(replica)]))
  metrics.gauge('db_service_replica_up', 'Whether a replica responds in time',
    () => each(({ isThere }) => Number(isThere)), 'replica')
  metrics.gauge('db_service_replica_lag_seconds', 'How old what a replica has may be; +Inf where it is not known',
    () => each((replica) => replica.age(performance.now()) / 1000), 'replica')
}

const responds = async (ping: Promise<void>): Promise<boolean> =>
  await within(ANSWER_MS, ping.then(() => true)).catch(() => false) ?? false
