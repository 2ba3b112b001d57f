import { callers } from './caller.ts'
import { BACKGROUND, BY_INDEX } from './client.ts'
import type { PoolOptions } from './pool-options.ts'
import type { Pool } from './pool.ts'
import type { Replica } from './replicas.ts'
import type { Server } from './servers.ts'
import { executeOn, type Execute, type Measures } from './statements.ts'

/** Connections to each server: exports take turns on them, batch by batch, and nothing of anybody else's. */
const SIZE = 2
const WAIT_MS = 10_000
const MARGIN_MS = 500

/**
 * Runs the statements of exports, on connections of their own: on a replica that responds and is new enough where there
 * is one, else on the primary. Each is a small batch that goes on behind the one before, so no connection, lock or
 * snapshot waits for a caller who reads slowly.
 *
 * @param maxLagMs how old what is read may be
 * @param open keeps a pool until the gateway closes
 */
export function executeExports (
  primary: Server, replicas: (Server & { replica: Replica })[], maxLagMs: number, measures: Measures,
  open: (name: string, url: string, options: PoolOptions) => Pool
): Execute {
  const executeOnServer = ({ name, url, options }: Server) => executeOn(open(`${name} exports`, url, {
    ...options,
    size: SIZE,
    maxWrites: SIZE,
    maxWaitMs: WAIT_MS,
    limitMs: BACKGROUND.statementTimeout + MARGIN_MS,
    client: { ...BACKGROUND, prepare: options.client.prepare ?? true, settings: BY_INDEX }
  }), measures)
  const onPrimary = executeOnServer(primary)
  const onReplicas = replicas.map((server) => ({ replica: server.replica, execute: executeOnServer(server) }))
  return async (name, text, parameters) => {
    const now = performance.now()
    const there = callers.getStore()?.token === undefined &&
      onReplicas.find(({ replica }) => replica.isThere && replica.age(now) <= maxLagMs)
    if (!there) return await onPrimary(name, text, parameters)
    return await there.execute(name, text, parameters).catch(() => onPrimary(name, text, parameters))
  }
}
