import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Static, TObject } from '@sinclair/typebox'
import { problem } from '../common/problems.ts'
import { callers, type Caller, type Rehearsal } from './caller.ts'
import { BACKGROUND } from './client.ts'
import { namesIn, type Contention } from './contention.ts'
import { explain, isLockTimeout, isRetryable } from './failures.ts'
import type { Follower } from './connection.ts'
import type { Pool } from './pool.ts'

const folder = join(import.meta.dirname, '../sql')
const folders = [
  'gateway', 'users', 'catalogue', 'carts', 'orders', 'events', 'webhooks', 'notifications', 'operations',
  'operations/invariants'
]

/** What is not a statement beside them: they are run by migrate (migration/files.ts). */
const DEFINITIONS = ['triggers.sql', 'views.sql']

/** Every statement of these folders of sql/, by name (`orders/find`), read once. */
export const statementTexts: ReadonlyMap<string, string> = new Map(folders.flatMap((name) =>
  readdirSync(join(folder, name)).filter((file) => file.endsWith('.sql') && !DEFINITIONS.includes(file)).map((file) =>
    [`${name}/${file.slice(0, -'.sql'.length)}`, readFileSync(join(folder, name, file), 'utf8')] as const)))

/** What a statement takes: text, numbers, booleans, bytes, null, and lists of text. Objects go in as JSON text. */
export type Parameter = string | number | boolean | null | Buffer | string[]

/** A named statement, ready to run. Errors are listed problems (failures.ts) or bugs. */
export interface Statement<Row> {
  /** All rows. */
  all (...parameters: Parameter[]): Promise<Row[]>
  /** The first row, or undefined. */
  first (...parameters: Parameter[]): Promise<Row | undefined>
}

/** What was asked for under which name, for the check at boot and the test against the schema. */
export interface Declaration { name: string, row: TObject }

/** Runs a statement: its name, text and parameters. Rejects with listed problems, or bugs. */
export type Execute = (name: string, text: string, parameters: Parameter[]) => Promise<unknown[]>

/** Told what statements do. */
export interface Measures {
  /** Gives for a statement's name what is told how long each run of it had a connection. */
  durationOf (name: string): (seconds: number) => void
  /** A statement is tried again, since others held what it needs (`lock`), or got in each other's way (`conflict`). */
  retried (reason: 'lock' | 'conflict'): void
}

const FIND_POSITION = statementTexts.get('gateway/position')!

const ATTEMPTS = 3

/**
 * So long a request waits for a row that somebody else holds. It is told within 2 s (contract, section 13): the last
 * attempt takes a while, too.
 */
const LOCK_WAIT_MS = 1500

/** Those who only read, by their file's verb. */
const READING = /\/(find|list|count|search|export)(-|$)/

export const isRead = (name: string): boolean => READING.test(name)

/**
 * Of these, those that follow each other on few connections (Pool, depth): each holds up those behind it, so it takes
 * a millisecond, and what it returns is small. A page of orders takes more, an invoice has up to 10 MiB, and what
 * counts a queue takes as long as the queue is.
 */
const QUICK: ReadonlySet<string> = new Set([
  'carts/find', 'catalogue/find', 'catalogue/find-offers', 'catalogue/list', 'catalogue/list-aisles',
  'catalogue/list-departments', 'orders/find', 'orders/find-for-caller', 'users/find', 'users/find-caller',
  'users/find-credentials', 'users/find-password'
])
for (const name of QUICK) {
  if (!statementTexts.has(name) || !READING.test(name)) throw new Error(`sql/${name}.sql is no read that there is`)
}

/** Makes statements from files, and remembers which. */
export function statementsOn (execute: Execute, declared: Declaration[]) {
  return <Schema extends TObject>(name: string, row: Schema): Statement<Static<Schema>> => {
    const text = statementTexts.get(name)
    if (text === undefined) throw new Error(`There is no sql/${name}.sql`)
    declared.push({ name, row })
    const all = (...parameters: Parameter[]) => execute(name, text, parameters) as Promise<Static<Schema>[]>
    return { all, first: (...parameters) => all(...parameters).then(firstOf) }
  }
}

const firstOf = <Row>(rows: Row[]): Row | undefined => rows[0]

/** What it wants has turned out to be locked while it waited for a connection. */
class StandBack extends Error {}

/**
 * Runs statements that nobody waits for, and which may wait for locks: also where a pooler gives all connections a
 * `lock_timeout`.
 */
export function executeOn (pool: Pool, measures: Measures): Execute {
  return async (name, text, parameters) => {
    const observe = measures.durationOf(name)
    const until = performance.now() + BACKGROUND.statementTimeout
    for (let attempt = 1; ; attempt++) {
      try {
        return await pool.run(text, parameters, { isRead: true, observe })
      } catch (error) {
        const isLocked = isLockTimeout(error)
        const mayTry = isLocked ? performance.now() < until : isRetryable(error) && attempt < ATTEMPTS
        if (!mayTry) throw explain(error, name)
        measures.retried(isLocked ? 'lock' : 'conflict')
        await pause(attempt)
      }
    }
  }
}

/**
 * Runs statements of callers. One that waits for a row held by others gives its connection back after the connection's
 * `lock_timeout`, and tries again, with at most a few for one row at a time (contention.ts), for LOCK_WAIT_MS in all.
 */
export function executeFor (pool: Pool, quick: Pool, contention: Contention, measures: Measures): Execute {
  interface Kind { isRead: boolean, pool: Pick<Pool, 'run'> | Rehearsal, observe: (seconds: number) => void }
  const kinds = new Map<string, Kind>()
  function kindOf (name: string): Kind {
    const kind = kinds.get(name) ?? {
      isRead: READING.test(name), pool: QUICK.has(name) ? quick : pool, observe: measures.durationOf(name)
    }
    kinds.set(name, kind)
    return kind
  }

  /** @param failure of a first attempt, made already */
  async function tryAgain (
    { isRead, pool, observe }: Kind, text: string, parameters: Parameter[], caller: Caller | undefined, since: number,
    failure?: unknown
  ): Promise<unknown[]> {
    const until = since + LOCK_WAIT_MS
    let leave: (() => void) | undefined
    const standBack = () => {
      if (!leave && contention.isAny && contention.guards(namesIn(parameters))) {
        throw new StandBack()
      }
    }
    try {
      for (let attempt = 1; ; attempt++) {
        try {
          if (attempt === 1 && failure !== undefined) throw failure
          if (caller?.isGone) throw problem('CALLER_GONE')
          const names = contention.isAny ? namesIn(parameters) : []
          leave ??= await contention.enter(names, until)
          const rows = await pool.run(text, parameters, {
            isRead, caller, standBack, observe, follower: followerOf(isRead, caller)
          })
          if (names.length > 0) contention.succeeded(names)
          return rows
        } catch (error) {
          if (error instanceof StandBack) continue
          const isLocked = isLockTimeout(error)
          if (isLocked) {
            contention.failed(namesIn(parameters))
            if (performance.now() > until) throw error
          } else if (!isRetryable(error) || attempt >= ATTEMPTS) throw error
          measures.retried(isLocked ? 'lock' : 'conflict')
          await pause(attempt)
        }
      }
    } finally {
      leave?.()
    }
  }

  return (name, text, parameters) => {
    const caller = callers.getStore()
    const known = kindOf(name)
    const dryRun = caller?.dryRun
    // A read of before the first write as ever.
    const kind = dryRun && (!known.isRead || dryRun.isBegun) ? { ...known, pool: dryRun } : known
    const since = performance.now()
    const standBack = () => { if (contention.isAny && contention.guards(namesIn(parameters))) throw new StandBack() }
    // Nearly always nothing is locked, and the first attempt is all there is.
    const running = contention.isAny
      ? tryAgain(kind, text, parameters, caller, since)
      : kind.pool.run(text, parameters, {
        isRead: kind.isRead, caller, standBack, observe: kind.observe, follower: followerOf(kind.isRead, caller)
      })
        .catch((failure) => tryAgain(kind, text, parameters, caller, since, failure))
    return running.catch((error) => {
      if (caller?.isGone) throw problem('CALLER_GONE')
      throw explain(error, name)
    })
  }
}

/** Behind a caller's write its position is asked for, which costs no packet of its own (positions.ts). */
function followerOf (isRead: boolean, caller: Caller | undefined): Follower | undefined {
  if (isRead || !caller) return undefined
  return {
    text: FIND_POSITION,
    found: ([row]) => {
      const { position } = row as { position: string }
      if (position > caller.position) caller.position = position
    }
  }
}

const pause = async (attempt: number) => await new Promise(
  (resolve) => setTimeout(resolve, Math.random() * 10 * Math.min(attempt, ATTEMPTS))
)

/**
 * Has the server parse every declared statement, without running it: a faulty one stops the boot.
 *
 * @throws Error naming the file and what PostgreSQL says
 */
export async function checkStatements (pool: Pool, declared: Declaration[]): Promise<void> {
  // One after the other, on one connection.
  for (const { name } of declared) {
    try {
      await pool.describe(statementTexts.get(name)!)
    } catch (error) {
      throw new Error(`sql/${name}.sql is faulty: ${(error as Error).message}`)
    }
  }
}
