import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from 'postgres'

const folder = join(import.meta.dirname, '../../sql/scripts')

/** How long to wait for sessions to vanish whose gateway has just ended. */
const LINGERING_MS = 2000

/** Tries while gateways that come back stand in the way. */
const ATTEMPTS = 5

const DEADLOCK = '40P01'

/** The ids that come next, to go on with in the new tables: JSON as restoreNumbers takes it. */
export type Numbers = string

/** A database as a person knows it, and what is in it; counts of more than a million stop there. */
export interface Contents { name: string, users: number, orders: number, isFilled: boolean }

export async function describeContents (sql: Sql): Promise<Contents> {
  const [{ name, is_filled: isFilled } = { name: '', is_filled: false }] = await run<{
    name: string,
    is_filled: boolean
  }>(sql, 'find-contents')
  const [{ users, orders } = { users: 0, orders: 0 }] = isFilled
    ? await run<{ users: number, orders: number }>(sql, 'count-contents')
    : []
  return { name, users, orders, isFilled }
}

/** Who else of us is connected, gateways above all, as "db-service (127.0.0.1)". */
export async function listSessions (sql: Sql): Promise<string[]> {
  const sessions = await run<{ application_name: string, client: string }>(sql, 'list-sessions')
  return [...new Set(sessions.map(({ application_name: name, client }) => `${name} (${client})`))]
}

/**
 * Drops everything the gateway ever made in its database; migrating builds it again. The gateways whose sessions are
 * ended notice that their database is another one, and end (watch-instance.ts).
 *
 * @param force end the sessions of other gateways first
 * @returns for restoreNumbers, after migrating and before anything is loaded
 * @throws Error where other gateways are connected, and `force` is not set
 */
export async function reset (sql: Sql, { force = false }: { force?: boolean } = {}): Promise<Numbers> {
  if (!force) await refuseWhileConnected(sql)
  for (let attempt = 1; ; attempt++) {
    if (force) await run(sql, 'end-sessions')
    try {
      const results = await sql.unsafe(await text('drop-everything')).simple() as unknown as { kept: Numbers }[][]
      return results.at(-1)![0]!.kept
    } catch (error) {
      if ((error as { code?: string }).code !== DEADLOCK || attempt === ATTEMPTS) throw error
    }
  }
}

/** Lets the ids of users and orders go on where they were, so that none comes twice. */
export async function restoreNumbers (sql: Sql, numbers: Numbers): Promise<void> {
  await run(sql, 'restore-numbers', [numbers])
}

async function refuseWhileConnected (sql: Sql): Promise<void> {
  const until = performance.now() + LINGERING_MS
  for (;;) {
    const sessions = await listSessions(sql)
    if (sessions.length === 0) return
    if (performance.now() > until) {
      throw new Error(`Nothing was dropped: there are gateways on this database: ${sessions.join(', ')}. Stop them ` +
        'first; ' +
        'npm run reset -- --force ends their sessions, whereupon they end themselves.')
    }
    await sleep(50)
  }
}

async function run<T extends object> (sql: Sql, name: string, parameters: string[] = []): Promise<T[]> {
  return await sql.unsafe<T[]>(await text(name), parameters)
}

async function text (name: string): Promise<string> {
  return await readFile(join(folder, `${name}.sql`), 'utf8')
}
