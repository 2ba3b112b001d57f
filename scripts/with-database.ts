import type { Sql } from 'postgres'
import { readConfig, type Config } from '../plugins/infra/config.ts'
import { createClient } from '../plugins/infra/database/client.ts'
import { openAdmin } from '../plugins/infra/database/open.ts'
import { checkpoint, Interrupted, interruption } from './interruption.ts'

/** How long an interrupted command waits for the server to end its session. */
const PATIENCE_MS = 3000

/**
 * Runs a script's work on the configured or embedded database, with the settings of `.env`. A failure is told in one line and
 * ends the process with exit code 1; so does work that returns false. A signal ends the statement under way, which is rolled back, and an
 * embedded database that nobody else uses; also one that comes while that starts, which takes a few seconds at most.
 */
export async function withDatabase (work: (sql: Sql, config: Config) => Promise<boolean>): Promise<void> {
  const interrupted = interruption()
  try {
    const config = readConfig()
    const { sql, url, close } = await openAdmin(config, (message) => console.error(message))
    try {
      await checkpoint(interrupted)
      const [session] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`
      const working = work(sql, config)
      working.catch(() => {})
      try {
        if (!await Promise.race([interrupted, working])) process.exitCode = 1
      } catch (error) {
        if (error instanceof Interrupted) await endSession(url, session!.pid)
        throw error
      }
    } finally {
      await close()
    }
  } catch (error) {
    console.error((error as Error).message)
    // Work that was interrupted may still wait for something.
    if (error instanceof Interrupted) process.exit(error.exitCode)
    process.exitCode = 1
  }
}

/** A session whose client is gone goes on with its statement, and keeps an embedded server from being stopped. */
async function endSession (url: string, pid: number): Promise<void> {
  const sql = createClient(url, { max: 1, statementTimeout: PATIENCE_MS })
  await sql`select pg_terminate_backend(${pid}, ${PATIENCE_MS})`.catch(() => {})
  await sql.end({ timeout: 1 })
}
