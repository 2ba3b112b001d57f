import type { FastifyInstance } from 'fastify'
import { BACKGROUND, BY_INDEX, FOR_CALLERS } from './client.ts'
import { aimed } from './hosts.ts'
import type { PoolOptions } from './pool-options.ts'
import { Pool } from './pool.ts'
import { Positions } from './positions.ts'
import { Replica } from './replicas.ts'
import { statementTexts } from './statements.ts'
import { Watch } from './watch.ts'

export const MAX_WAITING = 1000
export const MAX_WAIT_MS = 1500

/**
 * Of the connections, for reads that take a millisecond. Several follow each other on one (pipelining), which costs
 * this process half of what a connection for each does.
 */
const QUICK_SHARE = 0.3
const QUICK_DEPTH = 8

/** Connections for what nobody waits for: jobs neither take a request's place nor wait for one. */
const BACKGROUND_SIZE = 3
const BACKGROUND_WAIT_MS = 10_000

/** How much later than the server this side gives a statement up. */
const MARGIN_MS = 500

/** A replica that does not respond to a small question in this time is left out. */
const REPLICA_ANSWER_MS = 400

/** A server that statements of callers run on. */
export interface Server { name: string, url: string, options: PoolOptions }

/** Opens the connections to the primary and to the replicas, until the gateway closes. */
export function openServers (fastify: FastifyInstance, url: string) {
  const { config, metrics } = fastify
  const { DATABASE_POOL_MAX: most, DATABASE_PREPARE: prepare, READ_DATABASE_URL: readUrls } = config
  const quickSize = most < 4 ? 0 : Math.round(QUICK_SHARE * most)
  const size = most - quickSize
  const client = { ...FOR_CALLERS, prepare, settings: { ...BY_INDEX, ...FOR_CALLERS.settings } }
  const askText = statementTexts.get('gateway/ping')!
  const waits = metrics.histogram('db_service_pool_wait_seconds',
    'How long statements waited for a connection that had to', 'pool')

  /** A pool until the gateway closes; requests have ended by then. */
  function keep (name: string, url: string, options: PoolOptions): Pool {
    const pool = new Pool(url, { ...options, waited: waits(name) })
    fastify.addHook('onClose', async () => await pool.close())
    metrics.watchPool(name, pool)
    return pool
  }
  /** A watch and a pool for callers' statements on a server. */
  function open (name: string, url: string, answerMs?: number) {
    const watch = new Watch(url, client, askText, answerMs)
    fastify.addHook('onClose', async () => await watch.close())
    const options: PoolOptions = {
      size,
      // A write may wait for a lock: a part of the connections stays for reads.
      maxWrites: Math.max(1, size - Math.ceil(size / 4)),
      maxWaiting: MAX_WAITING,
      maxWaitMs: MAX_WAIT_MS,
      limitMs: FOR_CALLERS.statementTimeout + MARGIN_MS,
      client,
      askText,
      findWorking: watch.findWorking
    }
    return { name, url, watch, options, pool: keep(name, url, options) }
  }

  const primary = open('database', url)
  const { options, pool, watch } = primary
  // Where there are few connections, all are for everything.
  const quick = quickSize === 0 ? pool : keep('quick reads', url, { ...options, size: quickSize, depth: QUICK_DEPTH })
  const background = keep('background', url, {
    ...options,
    size: BACKGROUND_SIZE,
    maxWrites: BACKGROUND_SIZE,
    maxWaitMs: BACKGROUND_WAIT_MS,
    limitMs: BACKGROUND.statementTimeout + MARGIN_MS,
    client: { ...BACKGROUND, prepare, settings: BY_INDEX }
  })
  const positions = new Positions(watch)
  const replicas = readUrls.map((url) => {
    const server = open('replica', aimed(url), REPLICA_ANSWER_MS)
    const replica = new Replica(server.pool, server.watch, positions)
    fastify.addHook('onClose', replica.keepLooking())
    return { ...server, replica }
  })
  if (replicas.length > 0) fastify.addHook('onClose', positions.keepLooking())
  return { watch, options, client, pool, quick, background, replicas, positions, keep }
}
