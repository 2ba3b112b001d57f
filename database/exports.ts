import { BACKGROUND, BY_INDEX } from './client.ts'
import { Pool, type PoolOptions } from './pool.ts'
import { executeOnReplicas, type Replica } from './replicas.ts'
import { executeOn, type Execute } from './statements.ts'

/** Connections to each server: exports take turns on them, batch by batch, and nothing of anybody else's. */
const SIZE = 2
const WAIT_MS = 10_000
const MARGIN_MS = 500

interface Server { name: string, url: string, options: PoolOptions }

/**
 * Runs the statements of exports, on connections of their own: on a replica that responds where there is one, else on
 * the primary. Each is a small batch that goes on behind the one before, so no connection, lock or snapshot waits for a
 * caller who reads slowly.
 *
 * @param open keeps a pool until the gateway closes
 */
export function executeExports (
  primary: Server, replicas: (Server & { watch: Replica['watch'] })[], open: (name: string, pool: Pool) => Pool
): Execute {
  const poolOn = ({ name, url, options }: Server) => open(`${name} exports`, new Pool(url, {
    ...options,
    size: SIZE,
    maxWrites: SIZE,
    maxWaitMs: WAIT_MS,
    limitMs: BACKGROUND.statementTimeout + MARGIN_MS,
    client: { ...BACKGROUND, prepare: options.client.prepare ?? true, settings: BY_INDEX }
  }))
  const onPrimary = executeOn(poolOn(primary))
  if (replicas.length === 0) return onPrimary
  return executeOnReplicas(replicas.map((server) => ({ pool: poolOn(server), watch: server.watch })), onPrimary)
}
