import type { Sql } from 'postgres'
import type { Config } from '../config.ts'
import { createClient } from './client.ts'
import { startEmbedded } from './embedded.ts'
import { aimed } from './hosts.ts'

type Log = (message: string) => void

/** Where the database is, and how to let go of it. */
export interface DatabaseLocation { url: string, stop (): Promise<void> }

/** The configured database or, where none is, the embedded one, started or adopted. */
export async function locateDatabase (config: Config, log: Log): Promise<DatabaseLocation> {
  if (config.DATABASE_URL) return { url: aimed(config.DATABASE_URL, 'primary'), stop: async () => {} }
  return await startEmbedded(config.DATA_DIR, { log })
}

/**
 * A single connection without time limits, for migrating, loading and resetting.
 *
 * @param url the database; where it is left out, the configured or embedded one, which `close` then lets go of
 */
export async function openAdmin (config: Config, log: Log, url?: string): Promise<{ sql: Sql, url: string, close (): Promise<void> }> {
  const location = url ? { url, stop: async () => {} } : await locateDatabase(config, log)
  const sql = createClient(location.url, { max: 1, statementTimeout: 0, connectSeconds: 5, fetchTypes: true })
  return {
    sql: sql as Sql,
    url: location.url,
    close: async () => {
      await sql.end({ timeout: 5 })
      await location.stop()
    }
  }
}
