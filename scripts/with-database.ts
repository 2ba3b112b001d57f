import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import { readConfig, type Config } from '../plugins/settings.ts'
import { createClient } from '../database/client.ts'
import { endIfInterrupted, endOnSignals, isInterrupted } from '../database/interrupt.ts'
import { openAdmin } from '../database/open.ts'

/** How long an interrupted command waits for the server to end its session. */
const PATIENCE_MS = 3000

const [findSession, endSessionOf] = ['find-session', 'end-session'].map((name) =>
  readFileSync(join(import.meta.dirname, `../sql/scripts/${name}.sql`), 'utf8')) as [string, string]

/**
 * Runs a script's work on the configured or embedded database, with the settings of `.env`. A failure is told in one
 * line and ends the process with exit code 1; so does work that returns false. A signal ends the statement under way,
 * which is rolled back, and an embedded database that nobody else uses.
 */
export async function withDatabase (work: (sql: Sql, config: Config) => Promise<boolean>): Promise<void> {
  endOnSignals()
  try {
    const config = readConfig()
    const { sql, url, close } = await openAdmin(config, (message) => console.error(message))
    try {
      const [session] = await sql.unsafe<{ pid: number }[]>(findSession)
      endIfInterrupted(async () => await endSession(url, session!.pid))
      if (!await work(sql, config)) process.exitCode = 1
    } finally {
      await close()
    }
  } catch (error) {
    if (!isInterrupted()) console.error((error as Error).message)
    process.exitCode = 1
  }
}

/** A session whose client is gone goes on with its statement. */
async function endSession (url: string, pid: number): Promise<void> {
  const sql = createClient(url, { max: 1, statementTimeout: PATIENCE_MS })
  await sql.unsafe(endSessionOf, [pid, PATIENCE_MS]).catch(() => {})
  await sql.end({ timeout: 1 })
}
