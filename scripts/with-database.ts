import type { Sql } from 'postgres'
import { readConfig, type Config } from '../plugins/infra/config.ts'
import { endOnSignals, isInterrupted } from '../plugins/infra/database/interrupt.ts'
import { openAdmin } from '../plugins/infra/database/open.ts'

/**
 * Runs a script's work on the configured or embedded database, with the settings of `.env`. A failure is told in one line and
 * ends the process with exit code 1; so does work that returns false. A signal ends it with what it has started.
 */
export async function withDatabase (work: (sql: Sql, config: Config) => Promise<boolean>): Promise<void> {
  endOnSignals()
  try {
    const config = readConfig()
    const database = await openAdmin(config, (message) => console.error(message))
    try {
      if (!await work(database.sql, config)) process.exitCode = 1
    } finally {
      await database.close()
    }
  } catch (error) {
    if (!isInterrupted()) console.error((error as Error).message)
    process.exitCode = 1
  }
}
