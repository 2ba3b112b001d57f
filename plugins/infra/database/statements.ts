import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import type { Static, TObject } from '@sinclair/typebox'
import { explain, isRetryable } from './failures.ts'
import type { Gate } from './gate.ts'

const folder = join(import.meta.dirname, '../../../sql')
const domains = ['gateway', 'users', 'products', 'carts', 'orders', 'events', 'notifications', 'queues']

/** Every statement of sql/<domain>/, by name (`orders/find`), read once. */
export const statementTexts: ReadonlyMap<string, string> = new Map(domains.flatMap((domain) =>
  readdirSync(join(folder, domain)).filter((file) => file.endsWith('.sql')).map((file) =>
    [`${domain}/${file.slice(0, -'.sql'.length)}`, readFileSync(join(folder, domain, file), 'utf8')] as const)))

/** What a statement takes: text, numbers, booleans, bytes, null, and lists of text. Objects go in as JSON text. */
export type Parameter = string | number | boolean | null | Buffer | string[]

/** A named statement, ready to run. Errors are listed problems (failures.ts) or bugs. */
export interface Statement<Row> {
  /** All rows. */
  all (...parameters: Parameter[]): Promise<Row[]>
  /** The first row, or undefined. */
  first (...parameters: Parameter[]): Promise<Row | undefined>
}

/** Where statements run: a pool, behind the gate that keeps the pool's own queue empty. */
export interface Lane { sql: Sql, gate: Gate, awayUntil?: number }

/** What was asked for under which name, for the check at boot and the test against the schema. */
export interface Declaration { name: string, row: TObject }

const ATTEMPTS = 3

/** A replica that could not be reached is not asked again for this long: each try waits for a connection in vain. */
const AWAY_MS = 2000

/**
 * Makes statements from files, and remembers which.
 *
 * @param lanes the pools to try, in this order; a later one only where the one before cannot be reached
 */
export function statementsOn (lanes: Lane[], declared: Declaration[]) {
  return <Schema extends TObject>(name: string, row: Schema): Statement<Static<Schema>> => {
    const text = statementTexts.get(name)
    if (text === undefined) throw new Error(`There is no sql/${name}.sql`)
    declared.push({ name, row })
    const all = async (...parameters: Parameter[]) => {
      for (const lane of lanes.slice(0, -1)) {
        if (performance.now() < (lane.awayUntil ?? 0)) continue
        try {
          return await runOn(lane, name, text, parameters) as Static<Schema>[]
        } catch (error) {
          if ((error as { code?: string }).code !== 'DATABASE_UNAVAILABLE') throw error
          lane.awayUntil = performance.now() + AWAY_MS
        }
      }
      return await runOn(lanes.at(-1)!, name, text, parameters) as Static<Schema>[]
    }
    return { all, first: async (...parameters) => (await all(...parameters))[0] }
  }
}

async function runOn (lane: Lane, name: string, text: string, parameters: Parameter[]): Promise<unknown[]> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await lane.gate.run(async () =>
        await lane.sql.unsafe(text, parameters as never[], { prepare: lane.sql.options.prepare, simple: false } as never))
    } catch (error) {
      if (!isRetryable(error) || attempt === ATTEMPTS) throw explain(error, name)
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 10 * attempt))
    }
  }
}

/**
 * Has the server parse every declared statement, without running it: a faulty one stops the boot.
 *
 * @throws Error naming the file and what PostgreSQL says
 */
export async function checkStatements (sql: Lane['sql'], declared: Declaration[]): Promise<void> {
  await Promise.all(declared.map(async ({ name }) => {
    try {
      await sql.unsafe(statementTexts.get(name)!, [], { prepare: true, simple: false } as never).describe()
    } catch (error) {
      throw new Error(`sql/${name}.sql is faulty: ${(error as Error).message}`)
    }
  }))
}
