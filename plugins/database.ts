import fp from 'fastify-plugin'
import { Type } from '@sinclair/typebox'
import { problem } from '../common/problems.ts'
import { callers } from '../database/caller.ts'
import { BACKGROUND, BY_INDEX, FOR_CALLERS } from '../database/client.ts'
import { Contention } from '../database/contention.ts'
import { DryRuns } from '../database/dry-run.ts'
import { explain } from '../database/failures.ts'
import { firstLoad } from '../seeds/loader/first-load.ts'
import { Gate } from '../database/gate.ts'
import { aimed } from '../database/hosts.ts'
import { migrate, schemaVersion } from '../database/migration/index.ts'
import { adminOn, locateDatabase } from '../database/open.ts'
import { Pool, type PoolOptions } from '../database/pool.ts'
import { executeOnReplicas, type Replica } from '../database/replicas.ts'
import { reset, restoreNumbers, type Numbers } from '../database/migration/reset.ts'
import { checkSettings } from '../database/session-settings.ts'
import {
  checkStatements, executeFor, executeOn, statementsOn, statementTexts, type Declaration, type Execute
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

/** Connections for dry runs, opened when one comes: each keeps its connection and its locks until it responds. */
const DRY_RUNS = 2

/** How much later than the server this side gives a statement up. */
const MARGIN_MS = 500

/** A replica that does not respond to a small question in this time is left out. */
const REPLICA_ANSWER_MS = 400

declare module 'fastify' {
  interface FastifyInstance {
    database: {
      /** Where it is, login included: for pg-boss, which has connections of its own. */
      url: string
      /** A statement of sql/<name>.sql on the primary. */
      statement: ReturnType<typeof statementsOn>
      /** The same on the first replica (READ_DATABASE_URL) that responds, else on the primary: for the catalogue. */
      catalogueStatement: ReturnType<typeof statementsOn>
      /** Runs work on a connection of its own without time limits, which ends when the server says nothing any more. */
      asAdmin: ReturnType<typeof adminOn>
      /** What every search of products or users goes through. */
      searches: Gate
      /** Where requests run that keep nothing (plugins/dry-runs.ts). */
      dryRuns: DryRuns
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
    return { watch, options, pool: keep(name, new Pool(url, options)) }
  }
  function keep (name: string, pool: Pool): Pool {
    // Requests have ended by now.
    fastify.addHook('onClose', async () => await pool.close())
    fastify.metrics.watchGate(name, pool)
    return pool
  }

  const { watch, options, pool } = await open('database', location.url)
  // Where there are few connections, all are for everything.
  const quick = quickSize === 0
    ? pool
    : keep('quick reads', new Pool(location.url, { ...options, size: quickSize, depth: QUICK_DEPTH }))
  const backgroundPool = keep('background', new Pool(location.url, {
    ...options,
    size: BACKGROUND_SIZE,
    maxWrites: BACKGROUND_SIZE,
    maxWaitMs: BACKGROUND_WAIT_MS,
    limitMs: BACKGROUND.statementTimeout + MARGIN_MS,
    client: { ...BACKGROUND, prepare, settings: BY_INDEX }
  }))
  await checkSettings(pool, client)
  const replicas: Replica[] = []
  for (const url of config.READ_DATABASE_URL) replicas.push(await open('replica', aimed(url), REPLICA_ANSWER_MS))

  const contention = new Contention(size, MAX_WAITING)
  fastify.metrics.watchGate('rows', contention)
  fastify.addHook('onClose', everyTick((now) => contention.lookAfter(now)))

  const searches = new Gate(Math.max(1, Math.floor(size * SEARCH_SHARE)), MAX_SEARCHES_WAITING, MAX_WAIT_MS)
  fastify.metrics.watchGate('searches', searches)

  const dryRuns = new DryRuns(Array.from({ length: DRY_RUNS }, (_, n) =>
    keep(`dry run ${n + 1}`, new Pool(location.url, { ...options, size: 1, maxWrites: 1 }))), MAX_WAITING, MAX_WAIT_MS)
  fastify.metrics.watchGate('dry runs', dryRuns.gate)

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
    { name: 'orders/warm', row: Type.Object({ is_warm: Type.Boolean() }) }
  ]
  const forCallers = executeFor(pool, quick, contention)
  const forJobs = executeOn(backgroundPool)
  const execute: Execute = (name, text, parameters) => (callers.getStore() ? forCallers : forJobs)(name, text,
    parameters)
  const statement = statementsOn(execute, declared)
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
  fastify.decorate('database', {
    url: location.url,
    statement,
    catalogueStatement: replicas.length > 0 ? statementsOn(executeOnReplicas(replicas, execute), declared) : statement,
    asAdmin,
    searches,
    dryRuns,
    declared,
    ping: async () => { await ask.first() },
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
}, { name: 'database', dependencies: ['errors', 'metrics'] })
