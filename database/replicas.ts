import { Problem } from '../common/problems.ts'
import { callers } from './caller.ts'
import { explain } from './failures.ts'
import type { Pool } from './pool.ts'
import type { Execute } from './statements.ts'
import type { Watch } from './watch.ts'

/** A replica has so long; then the primary is asked, too. */
const HEDGE_MS = 400

/** A server to read from, as long as it responds. */
export interface Replica { pool: Pool, watch: Watch }

/**
 * Runs reads on the replicas in turn, and on the primary where a replica is away, has not responded in time or will
 * not. A replica is left out as soon as its watch gets no response, and comes back with the next one.
 */
export function executeOnReplicas (replicas: Replica[], primary: Execute): Execute {
  let turn = 0
  return async (name, text, parameters) => {
    // What it has written is only there.
    if (callers.getStore()?.dryRun?.isBegun) return await primary(name, text, parameters)
    const there = replicas.filter(({ watch }) => watch.isThere)
    const replica = there[turn++ % there.length]
    if (!replica) return await primary(name, text, parameters)
    const result = await within(HEDGE_MS,
      replica.pool.run(text, parameters, { isRead: true, caller: callers.getStore() })
        .then((rows) => ({ rows }), (error) => ({ error: explain(error, name) })))
    if (result && 'rows' in result) return result.rows
    // What is the caller's own fault is one on the primary as well.
    if (result &&
      !(result.error instanceof Problem && (result.error.statusCode === 503 || result.error.code === 'CONFLICT'))) {
      throw result.error
    }
    // It may only be this one statement: the next ones go to the replica as long as it responds.
    replica.watch.ask().catch(() => {})
    return await primary(name, text, parameters)
  }
}

/** What the promise gives, or undefined where that takes longer. */
async function within<T> (ms: number, promise: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<undefined>((resolve) => { timer = setTimeout(() => resolve(undefined), ms) })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
