import fp from 'fastify-plugin'
import { Type } from '@sinclair/typebox'
import { BY_INDEX, createClient } from './client.ts'
import { firstLoad } from './first-load.ts'
import { Gate } from './gate.ts'
import { migrate, schemaVersion } from './migrate.ts'
import { locateDatabase, openAdmin } from './open.ts'
import { QueryLane } from './query-lane.ts'
import { reset, restoreNumbers, type Numbers } from './reset.ts'
import { checkStatements, statementsOn, type Declaration, type Lane } from './statements.ts'
import { instanceWatch } from './watch-instance.ts'

/** Below the handlers' own limit (options.ts), so that a slow statement ends before its request does. */
const STATEMENT_TIMEOUT = 10_000
const MAX_WAITING = 1000
const MAX_WAIT_MS = 1500

declare module 'fastify' {
  interface FastifyInstance {
    database: {
      /** Where it is, login included: for pg-boss, which has connections of its own. */
      url: string
      /** A statement of sql/<name>.sql on the primary. */
      statement: ReturnType<typeof statementsOn>
      /** The same on the first replica (READ_DATABASE_URL) that answers, else on the primary: for the catalogue. */
      catalogueStatement: ReturnType<typeof statementsOn>
      /** Where callers' own statements run: a login that may read the catalogue, and nothing else. */
      queryLane: QueryLane
      /** Every statement made so far. */
      declared: Declaration[]
      /** Whether the database answers; rejects with DATABASE_UNAVAILABLE. */
      ping (): Promise<void>
      /** Calls back once when a reset has built it anew (`npm run reset -- --force`): this gateway has to start again then. */
      whenReset (onReset: () => void): void
      /** Whether it answers, is the one this gateway started with, and its schema is at least as new; never rejects. */
      isReady (): Promise<boolean>
    }
  }
}

/** Finds or starts the database, brings its schema up to date, loads it where it is empty, and offers statements. */
export default fp(async (fastify) => {
  const { config, log } = fastify
  const location = await locateDatabase(config, (message) => log.info(message))
  // Added first, so run last: after everything that uses the database has closed.
  fastify.addHook('onClose', async () => await location.stop())

  const queryLane = new QueryLane(config, log, location.url)
  const admin = await openAdmin(config, (message) => log.info(message), location.url)
  let numbers: Numbers | undefined
  let ownInstance = ''
  try {
    if (config.RESET_DATABASE_ON_STARTUP) {
      log.warn('RESET_DATABASE_ON_STARTUP: dropping everything')
      numbers = await reset(admin.sql)
    }
    await migrate(admin.sql)
    if (numbers !== undefined) await restoreNumbers(admin.sql, numbers)
    ownInstance = (await admin.sql<{ id: string }[]>`select id from gateway.instance`)[0]!.id
    await firstLoad(admin.sql, config, log)
    await queryLane.prepare(admin.sql)
  } finally {
    await admin.close()
  }

  const primary = lane('database', location.url)
  const replicas = config.READ_DATABASE_URL.map((url, n) => lane(n === 0 ? 'replica' : `replica ${n + 1}`, url))
  function lane (name: string, url: string): Lane {
    const sql = createClient(url, {
      max: config.DATABASE_POOL_MAX, statementTimeout: STATEMENT_TIMEOUT, prepare: config.DATABASE_PREPARE, settings: BY_INDEX
    })
    // Requests have ended by now; postgres.js waits the whole time for a connection that broke.
    fastify.addHook('onClose', async () => await sql.end({ timeout: 1 }))
    const gate = new Gate(config.DATABASE_POOL_MAX, MAX_WAITING, MAX_WAIT_MS)
    fastify.metrics.watchGate(name, gate)
    return { sql, gate }
  }

  const declared: Declaration[] = []
  const statement = statementsOn([primary], declared)
  const latest = await schemaVersion()
  const present = statement('gateway/schema-version', Type.Object({ version: Type.Integer() }))
  const instance = statement('gateway/instance', Type.Object({ id: Type.String({ format: 'uuid' }) }))
  const findInstance = async () => (await instance.first())?.id
  const ask = statement('gateway/ping', Type.Object({ answer: Type.Integer() }))
  fastify.decorate('database', {
    url: location.url,
    statement,
    catalogueStatement: statementsOn([...replicas, primary], declared),
    queryLane,
    declared,
    ping: async () => { await ask.first() },
    whenReset: instanceWatch(fastify, ownInstance, findInstance),
    isReady: async () => {
      try {
        return (await present.first())!.version >= latest && await findInstance() === ownInstance
      } catch {
        return false
      }
    }
  })
  fastify.addHook('onClose', async () => await queryLane.close())
  fastify.addHook('onReady', async () => await checkStatements(primary.sql, declared))
}, { name: 'database', dependencies: ['errors', 'metrics'] })
