import fp from 'fastify-plugin'
import { Type } from '@sinclair/typebox'
import { problem } from '../common/problems.ts'
import { callers } from '../database/caller.ts'
import { Contention } from '../database/contention.ts'
import { DryRuns } from '../database/dry-run.ts'
import { executeExports } from '../database/exports.ts'
import { explain } from '../database/failures.ts'
import { firstLoad } from '../seeds/loader/first-load.ts'
import { Gate } from '../database/gate.ts'
import { migrate, schemaVersion } from '../database/migration/index.ts'
import { adminOn, locateDatabase } from '../database/open.ts'
import { PositionRow } from '../database/positions.ts'
import { RecentWrites } from '../database/recent-writes.ts'
import { executeOnReplicas, noteWrites } from '../database/replicas.ts'
import { reset, restoreNumbers, type Numbers } from '../database/migration/reset.ts'
import { measuresOf, showServers } from '../database/server-metrics.ts'
import { MAX_WAIT_MS, MAX_WAITING, openServers } from '../database/servers.ts'
import { checkSettings } from '../database/session-settings.ts'
import {
  checkStatements, executeFor, executeOn, isRead, statementsOn, statementTexts, type Declaration, type Execute
} from '../database/statements.ts'
import { everyTick } from '../database/ticks.ts'
import { instanceWatch } from '../database/watch-instance.ts'

/**
 * Of the connections, for searches and ranges of prices. Each takes the database up to 20 ms: most connections stay
 * with the others.
 */
const SEARCH_SHARE = 0.4
const MAX_SEARCHES_WAITING = 200

/** Exports at once. One that waits for its caller to read takes no connection. */
const MAX_EXPORTS = 8

/** What this gateway has written is read from the primary for so much longer than a replica may be behind. */
const REMEMBERED_MS = 1000

/** Connections for dry runs, opened when one comes: each keeps its connection and its locks until it responds. */
const DRY_RUNS = 2

declare module 'fastify' {
  interface FastifyInstance {
    database: {
      /** Where it is, login included: for pg-boss, which has connections of its own. */
      url: string
      /** A statement of sql/<name>.sql: on the primary, or on a replica where it may be (database/replicas.ts). */
      statement: ReturnType<typeof statementsOn>
      /** A statement of an export: one of many small batches, on connections of their own, on a replica if possible. */
      exportStatement: ReturnType<typeof statementsOn>
      /** What every export goes through, for as long as it takes. */
      exports: Gate
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

  const measures = measuresOf(fastify.metrics)
  const { watch, options, client, pool, quick, background, replicas, positions, keep } =
    openServers(fastify, location.url)
  await checkSettings(pool, client)

  const contention = new Contention(options.size, MAX_WAITING)
  fastify.metrics.watchGate('rows', contention)
  fastify.addHook('onClose', everyTick((now) => contention.lookAfter(now)))

  const searches = new Gate(Math.max(1, Math.floor(options.size * SEARCH_SHARE)), MAX_SEARCHES_WAITING, MAX_WAIT_MS)
  fastify.metrics.watchGate('searches', searches)
  const exports = new Gate(MAX_EXPORTS, MAX_EXPORTS, MAX_WAIT_MS)
  fastify.metrics.watchGate('exports', exports)

  const dryRuns = new DryRuns(Array.from({ length: DRY_RUNS }, (_, n) =>
    keep(`dry run ${n + 1}`, location.url, { ...options, size: 1, maxWrites: 1 })), MAX_WAITING, MAX_WAIT_MS)
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
    { name: 'gateway/position', row: PositionRow },
    { name: 'orders/warm', row: Type.Object({ is_warm: Type.Boolean() }) }
  ]
  const forCallers = executeFor(pool, quick, contention, measures)
  const forJobs = executeOn(background, measures)
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
      replicas: replicas.map(({ replica }) => replica),
      positions,
      recent,
      maxLagMs,
      measures,
      primary: noteWrites(onPrimary, recent, isRead)
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
  showServers(fastify.metrics, ping, replicas.map(({ replica }) => replica))
  fastify.decorate('database', {
    url: location.url,
    statement,
    asAdmin,
    exportStatement: statementsOn(
      executeExports({ name: 'database', url: location.url, options }, replicas, maxLagMs, measures, keep), declared),
    exports,
    searches,
    dryRuns,
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
