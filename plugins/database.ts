import fp from 'fastify-plugin'
import { Type } from '@sinclair/typebox'
import { problem } from '../common/problems.ts'
import { callers } from '../database/caller.ts'
import { BACKGROUND, BY_INDEX, FOR_CALLERS } from '../database/client.ts'
import { Contention } from '../database/contention.ts'
import { explain } from '../database/failures.ts'
import { firstLoad } from '../seeds/loader/first-load.ts'
import { Gate } from '../database/gate.ts'
import { aimed } from '../database/hosts.ts'
import { migrate, schemaVersion } from '../database/migration/index.ts'
import { adminOn, locateDatabase } from '../database/open.ts'
import type { PoolOptions } from '../database/pool-options.ts'
import { Pool } from '../database/pool.ts'
import { PositionRow, Positions } from '../database/positions.ts'
import { RecentWrites } from '../database/recent-writes.ts'
import { executeOnReplicas, noteWrites, Replica } from '../database/replicas.ts'
import { reset, restoreNumbers, type Numbers } from '../database/migration/reset.ts'
import { showServers } from '../database/server-metrics.ts'
import { checkSettings } from '../database/session-settings.ts'
import {
  checkStatements, executeFor, executeOn, isRead, statementsOn, statementTexts, type Declaration, type Execute,
  type Measures
} from '../database/statements.ts'
import { everyTick } from '../database/ticks.ts'
import { Watch } from '../database/watch.ts'
import { instanceWatch } from '../database/watch-instance.ts'

const MAX_WAITING = 1000
const MAX_WAIT_MS = 1500

/**
 * Of the connections, for reads that take a millisecond. Several follow each other on one (pipelining), which costs
 * this process half of what a connection for each does.
 */
const QUICK_SHARE = 0.3
const QUICK_DEPTH = 8

/**
 * Of the connections, for searches and ranges of prices. Each takes the database up to 20 ms: most connections stay
 * with the others.
 */
const SEARCH_SHARE = 0.4
const MAX_SEARCHES_WAITING = 200

/** Connections for what nobody waits for: jobs neither take a request's place nor wait for one. */
const BACKGROUND_SIZE = 3
const BACKGROUND_WAIT_MS = 10_000

/** How much later than the server this side gives a statement up. */
const MARGIN_MS = 500

/** A replica that does not respond to a small question in this time is left out. */
const REPLICA_ANSWER_MS = 400

/** What this gateway has written is read from the primary for so much longer than a replica may be behind. */
const REMEMBERED_MS = 1000

declare module 'fastify' {
  interface FastifyInstance {
    database: {
      /** Where it is, login included: for pg-boss, which has connections of its own. */
      url: string
      /** A statement of sql/<name>.sql: on the primary, or on a replica where it may be (database/replicas.ts). */
      statement: ReturnType<typeof statementsOn>
      /** A position after every write that was done before the call, for `Consistency-Token`. */
      position (): Promise<string>
      /** Runs work on a connection of its own without time limits, which ends when the server says nothing any more. */
      asAdmin: ReturnType<typeof adminOn>
      /** What every search of products or users goes through. */
      searches: Gate
      /** Every statement made so far. */
      declared: Declaration[]
      /** Whether the database responds, however busy the gateway is; rejects with why not. */
      ping (): Promise<void>
      /**
       * Calls back once when a reset has built it again (`npm run reset -- --force`): this gateway has to start again
       * then.
       */
      whenReset (onReset: () => void): void
      /**
       * Whether it responds, is the one this gateway started with, and its schema is at least as new; rejects with why
       * not (NOT_READY, DATABASE_UNAVAILABLE …).
       */
      checkReady (): Promise<void>
    }
  }
}

/** Finds or starts the database, brings its schema up to date, loads it where it is empty, and offers statements. */
export default fp(async (fastify) => {
  const { config, log } = fastify
  const location = await locateDatabase(config, (message) => log.info(message))
  // Added first, so run last: after everything that uses the database has closed.
  fastify.addHook('onClose', async () => await location.stop())

  const asAdmin = adminOn(config, log, location.url)
  const ownInstance = await asAdmin(async (sql) => {
    let numbers: Numbers | undefined
    if (config.RESET_DATABASE_ON_STARTUP) {
      log.warn('RESET_DATABASE_ON_STARTUP: dropping everything')
      numbers = await reset(sql)
    }
    await migrate(sql)
    if (numbers !== undefined) await restoreNumbers(sql, numbers)
    const [instance] = await sql.unsafe<{ id: string }[]>(statementTexts.get('gateway/instance')!)
    await firstLoad(sql, config, log)
    return instance!.id
  })

  const prepare = config.DATABASE_PREPARE
  const askText = statementTexts.get('gateway/ping')!
  const quickSize = config.DATABASE_POOL_MAX < 4 ? 0 : Math.round(QUICK_SHARE * config.DATABASE_POOL_MAX)
  const size = config.DATABASE_POOL_MAX - quickSize
  const waits = fastify.metrics.histogram('db_service_pool_wait_seconds',
    'How long statements waited for a connection that had to', 'pool')
  const client = { ...FOR_CALLERS, prepare, settings: { ...BY_INDEX, ...FOR_CALLERS.settings } }
  /** A watch and a pool for callers' statements on a server. */
  async function open (name: string, url: string, answerMs?: number) {
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
    return { watch, options, pool: keep(name, url, options) }
  }
  function keep (name: string, url: string, options: PoolOptions): Pool {
    const pool = new Pool(url, { ...options, waited: waits(name) })
    // Requests have ended by now.
    fastify.addHook('onClose', async () => await pool.close())
    fastify.metrics.watchPool(name, pool)
    return pool
  }

  const { watch, options, pool } = await open('database', location.url)
  // Where there are few connections, all are for everything.
  const quick = quickSize === 0
    ? pool
    : keep('quick reads', location.url, { ...options, size: quickSize, depth: QUICK_DEPTH })
  const backgroundPool = keep('background', location.url, {
    ...options,
    size: BACKGROUND_SIZE,
    maxWrites: BACKGROUND_SIZE,
    maxWaitMs: BACKGROUND_WAIT_MS,
    limitMs: BACKGROUND.statementTimeout + MARGIN_MS,
    client: { ...BACKGROUND, prepare, settings: BY_INDEX }
  })
  await checkSettings(pool, client)
  const positions = new Positions(watch)
  const replicas: Replica[] = []
  for (const url of config.READ_DATABASE_URL) {
    const server = await open('replica', aimed(url), REPLICA_ANSWER_MS)
    const replica = new Replica(server.pool, server.watch, positions)
    replicas.push(replica)
    fastify.addHook('onClose', replica.keepLooking())
  }
  if (replicas.length > 0) fastify.addHook('onClose', positions.keepLooking())

  const contention = new Contention(size, MAX_WAITING)
  fastify.metrics.watchGate('rows', contention)
  fastify.addHook('onClose', everyTick((now) => contention.lookAfter(now)))

  const searches = new Gate(Math.max(1, Math.floor(size * SEARCH_SHARE)), MAX_SEARCHES_WAITING, MAX_WAIT_MS)
  fastify.metrics.watchGate('searches', searches)

  const declared: Declaration[] = [
    { name: 'gateway/find-working', row: Type.Object({ pid: Type.Integer(), is_this: Type.Boolean() }) },
    {
      name: 'gateway/find-settings',
      row: Type.Object({ name: Type.String(), value: Type.String(), role: Type.String(), database: Type.String() })
    },
    {
      name: 'gateway/find-progress',
      row: Type.Object({ is_working: Type.Boolean(), progress: Type.String(), own: Type.Integer() })
    },
    { name: 'gateway/position', row: PositionRow },
    { name: 'orders/warm', row: Type.Object({ is_warm: Type.Boolean() }) }
  ]
  const measures: Measures = {
    durationOf: fastify.metrics.histogram('db_service_statement_duration_seconds',
      'How long a run of a statement had a connection', 'statement'),
    retried: fastify.metrics.counter('db_service_statement_retries_total',
      'Statements run again, since a lock was not to be had in time or two were in conflict', 'reason',
      ['lock', 'conflict'])
  }
  const forCallers = executeFor(pool, quick, contention, measures)
  const forJobs = executeOn(backgroundPool, measures)
  const onPrimary: Execute = (name, text, parameters) => {
    const caller = callers.getStore()
    if (!caller) return forJobs(name, text, parameters)
    if (!isRead(name)) caller.hasWritten = true
    return forCallers(name, text, parameters)
  }
  const maxLagMs = 1000 * config.MAX_REPLICA_LAG
  const recent = new RecentWrites(maxLagMs + REMEMBERED_MS)
  const execute = replicas.length === 0
    ? onPrimary
    : executeOnReplicas({
      replicas, positions, recent, maxLagMs, measures, primary: noteWrites(onPrimary, recent, isRead)
    })
  const statement = statementsOn(fastify.tracing?.traced(execute) ?? execute, declared)
  const asideStatement = statementsOn(async (name, text, parameters) => {
    try {
      return await watch.run(text, parameters)
    } catch (error) {
      throw explain(error, name)
    }
  }, declared)
  const latest = await schemaVersion()
  const present = asideStatement('gateway/schema-version', Type.Object({ version: Type.Integer() }))
  const instance = asideStatement('gateway/instance', Type.Object({ id: Type.String({ format: 'uuid' }) }))
  const findInstance = async () => (await instance.first())?.id
  const ask = asideStatement('gateway/ping', Type.Object({ answer: Type.Integer() }))
  const ping = async () => { await ask.first() }
  showServers(fastify.metrics, ping, replicas)
  fastify.decorate('database', {
    url: location.url,
    statement,
    position: async () => await positions.after(),
    asAdmin,
    searches,
    declared,
    ping,
    whenReset: instanceWatch(fastify, ownInstance, findInstance),
    checkReady: async () => {
      const { version } = (await present.first())!
      if (version < latest) throw problem('NOT_READY', { reason: 'the database’s schema is older than this gateway' })
      if (await findInstance() !== ownInstance) throw problem('NOT_READY', { reason: 'the database has been reset' })
    }
  })
  fastify.addHook('onReady', async () => await checkStatements(pool, declared))
  // The first order on a connection would wait 10 ms for its plans. Not before: the start has better things to do.
  fastify.addHook('onListen', async () => pool.keepWarm(statementTexts.get('orders/warm')!))
}, { name: 'database', dependencies: ['errors', 'metrics', 'tracing'] })
