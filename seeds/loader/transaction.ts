import type { Sql } from 'postgres'
import { run } from './run.ts'

/** How long a failed load waits for its rollback: the database may be the very thing that failed. */
const PATIENCE = 5000

/** The connection is gone, and the transaction with it. */
const LOST = /^(ECONN|EPIPE|ETIMEDOUT|CONNECTION_|57P)/

/** Runs a load as one transaction, on the client's only connection, and ends it like this where it went well. */
export async function inTransaction<T> (sql: Sql, end: 'commit' | 'rollback', load: () => Promise<T>): Promise<T> {
  await run(sql, 'take-turn')
  try {
    const [settings] = await run<{ encoding: string }>(sql, 'begin')
    if (settings?.encoding !== 'UTF8') {
      throw new Error(`the database's encoding is ${settings?.encoding}: make one with encoding UTF8`)
    }
    await run(sql, 'create-rejects')
    const result = await load()
    if (end === 'commit') await run(sql, 'commit')
    else await sql.unsafe('rollback')
    return result
  } catch (error) {
    if (!LOST.test((error as { code?: string }).code ?? '')) await rollBack(sql)
    throw new Error(`Nothing was loaded: ${(error as Error).message}`, { cause: error })
  }
}

async function rollBack (sql: Sql): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([
    sql.unsafe('rollback').catch(() => {}),
    new Promise((resolve) => { timer = setTimeout(resolve, PATIENCE) })
  ])
  clearTimeout(timer)
}
