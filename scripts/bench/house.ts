/** Everything that the benchmark uses of the gateway's own code: the rest knows it by HTTP alone. */
import { createClient } from '../../database/client.ts'
import { endIfInterrupted, endOnSignals } from '../../database/interrupt.ts'
import { loadFolder } from '../../seeds/loader/index.ts'
import { migrate } from '../../database/migration/index.ts'
import { databaseUrl, dropDatabase, findTestServer } from '../../test/server.ts'
import packageJson from '../../package.json' with { type: 'json' }

export { databaseUrl, dropDatabase, endIfInterrupted, endOnSignals, findTestServer }

/** What `npm start` runs, with its flags: how a gateway runs in production. */
export const START = /exec node (.*)$/.exec(packageJson.scripts.start)![1]!.split(' ')

const NAMESPACE = 'cafebabe-1234-4abc-8def-c0ffeefeed01'

/**
 * Makes the tables of an empty database and loads a folder of CSV files into them. Resolves with the number of rows.
 */
export async function fill (url: string, dir: string, rejectsDir: string): Promise<number> {
  const sql = createClient(url, { max: 1, statementTimeout: 0, fetchTypes: true })
  try {
    await migrate(sql)
    const { loaded, rejected } = await loadFolder(sql, { dir, rejectsDir, userUuidNamespace: NAMESPACE })
    if (rejected > 0) console.error(`${rejected} rows of ${dir} do not fit, the first are in ${rejectsDir}`)
    await sql.unsafe('vacuum analyze').simple()
    return loaded
  } finally {
    await sql.end({ timeout: 5 })
  }
}
