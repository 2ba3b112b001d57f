import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from 'postgres'
import type { Place } from './cluster.ts'
import { isPostgresOf, lock, readPostmaster, type Postmaster } from './process.ts'

/** How the connection is called that each process keeps open which has started or adopted the server. */
export const STARTER = 'db-service starter'

const clientsAwaitedFor = 1_000
const stopAwaitedFor = 60_000

/**
 * Lets go of the server, and ends it where nobody else uses it.
 *
 * @param sql the connection of our own that said it was in use
 * @param isInterrupted our other connections are still there: only another process that started or adopted the server counts as a user
 */
export async function leave (place: Place, server: Postmaster, sql: Sql, log: (message: string) => void, isInterrupted = false): Promise<void> {
  const unlock = await lock(place.lockFile)
  try {
    const last = await (isInterrupted ? isOnlyProcess(sql) : isLast(sql))
    await sql.end({ timeout: 1 })
    if (!last) return
    const found = await readPostmaster(place.folder)
    if (found?.pid !== server.pid || !await isPostgresOf(server.pid, place.folder)) return
    // What pg_ctl stop -m fast does, without its 100 ms steps.
    process.kill(server.pid, 'SIGINT')
    const deadline = Date.now() + stopAwaitedFor
    while (await isPostgresOf(server.pid, place.folder)) {
      if (Date.now() > deadline) return log(`PostgreSQL, process ${server.pid}, is still stopping after a minute`)
      await sleep(10)
    }
  } finally {
    await unlock()
  }
}

/** Whether nobody else is connected. Connections closed a moment ago take a few milliseconds to vanish. */
async function isLast (sql: Sql): Promise<boolean> {
  const deadline = Date.now() + clientsAwaitedFor
  try {
    for (;;) {
      const [others] = await sql<{ n: number }[]>`
        select count(*)::int as n from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()`
      if (others?.n === 0) return true
      if (Date.now() > deadline) return false
      await sleep(20)
    }
  } catch {
    return false
  }
}

async function isOnlyProcess (sql: Sql): Promise<boolean> {
  try {
    const others = await sql`select from pg_stat_activity where application_name = ${STARTER} and pid <> pg_backend_pid()`
    return others.count === 0
  } catch {
    return false
  }
}
