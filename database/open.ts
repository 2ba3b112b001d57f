import type { Socket } from 'node:net'
import type { Sql } from 'postgres'
import type { FastifyBaseLogger } from 'fastify'
import type { Config } from '../plugins/settings.ts'
import type { Backend } from './cancel.ts'
import { createClient, socketsTo } from './client.ts'
import { startEmbedded } from './embedded.ts'
import { aimed, findHost } from './hosts.ts'
import { explainRefusedSetting } from './session-settings.ts'
import { endWhenSilent, type Watched } from './silence.ts'
import { statementTexts } from './statements.ts'

const PING = statementTexts.get('gateway/ping')!

type Log = (message: string) => void

/** Where the database is, and how to let go of it. */
export interface DatabaseLocation { url: string, stop (): Promise<void> }

/** The configured database or, where none is, the embedded one, started or adopted. */
export async function locateDatabase (config: Config, log: Log): Promise<DatabaseLocation> {
  if (config.DATABASE_URL) return { url: aimed(config.DATABASE_URL, 'primary'), stop: async () => {} }
  return await startEmbedded(config.DATA_DIR, { log })
}

/**
 * A single connection without time limits, for migrating, loading and resetting; of several hosts to the one that is
 * the primary now.
 *
 * @param url the database; where it is left out, the configured or embedded one, which `close` then lets go of
 */
export async function openAdmin (
  config: Config, log: Log, url?: string
): Promise<{ sql: Sql, url: string, watched (): Watched, close (): Promise<void> }> {
  const location = url ? { url, stop: async () => {} } : await locateDatabase(config, log)
  const host = await findHost(location.url)
  let socket: Socket | undefined
  const sql = createClient(host, {
    max: 1,
    statementTimeout: 0,
    connectSeconds: 5,
    fetchTypes: true,
    socket: socketsTo(host, (made) => { socket = made })
  })
  let backend: Backend | undefined
  // Where that fails, the first statement of whoever asked for the connection says why.
  sql.unsafe(PING).then(({ state }) => { backend = state as unknown as Backend }, () => {})
  return {
    sql: sql as Sql,
    url: host,
    watched: () => ({ socket, pid: backend?.pid }),
    close: async () => {
      await sql.end({ timeout: 5 })
      await location.stop()
    }
  }
}

/**
 * Runs work on the database, as `openAdmin`, on a connection that ends when the server says nothing any more; that of
 * several hosts is to the one that is the primary then.
 */
export function adminOn (config: Config, log: FastifyBaseLogger, url: string) {
  return async <T> (work: (sql: Sql) => Promise<T>): Promise<T> => {
    const admin = await openAdmin(config, (message) => log.info(message), url)
    const leave = endWhenSilent(admin.url, config.DATABASE_PREPARE, admin.watched, (reason) => log.error(reason))
    try {
      return await work(admin.sql)
    } catch (error) {
      throw explainRefusedSetting(error)
    } finally {
      await leave()
      await admin.close()
    }
  }
}
