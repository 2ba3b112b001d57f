import fp from 'fastify-plugin'
import type { FastifyBaseLogger } from 'fastify'
import type { Context } from '../../plugins/context.ts'
import { QueryLane } from './lane.ts'
import type { QueryFace } from './login.ts'
import { problem, Problem } from '../../common/problems.ts'
import { shorten } from '../../common/text.ts'
import { joinJson } from '../faces/json.ts'
import { wordsOf } from './words.ts'

/** What one response holds at most; the rest is cut off, and said to be. */
export const MAX_ROWS = 10_000
export const MAX_BYTES = 5_000_000

/** Bytes of a statement, and parameters to it, at most. */
export const MAX_TEXT = 100_000
export const MAX_PARAMETERS = 100

/** Of the statement in the audit line. */
const AUDITED_LENGTH = 1000

const REG_TYPES = 'class|proc|procedure|oper|operator|type|role|namespace|config|dictionary|collation|database'

/**
 * Names the database cannot refuse by privilege: USAGE of a type does not keep it from being written in an expression.
 * The reg… types, and row types of the catalogue that have such columns, turn numbers into the names of functions,
 * tables and roles of all schemas; U&"…" would write them otherwise.
 */
const FORBIDDEN = new RegExp(`^(_*(reg(${REG_TYPES})|aclitem|pg_(?!catalog$|typeof$|column_size$|size_).*)|U&")$`, 'i')

/** The planner copies such a CTE wherever it is named, in no time to 9 GB and without looking at the clock. */
const COPIED = 'as not materialized'

/** What of a statement may not be used, if anything. */
function forbiddenIn (text: string): string | undefined {
  const words = wordsOf(text)
  return words.find((word) => FORBIDDEN.test(word)) ??
    (words.some((_, at) => words.slice(at, at + 3).join(' ').toLowerCase() === COPIED) ? 'not materialized' : undefined)
}

declare module 'fastify' {
  // Not `query`, which is Fastify's own: a route of the method QUERY.
  interface FastifyInstance { queries: ReturnType<typeof queryDomain> }
}

/** Statements of the callers' own. What they may do is the database's business (routes/query/lane.ts). */
function queryDomain (lane: QueryLane) {
  /** Rows as JSON texts. Rejects as `run`. */
  async function select (
    face: QueryFace, text: string, parameters: unknown[]
  ): Promise<{ rows: string[], truncated: boolean }> {
    if (Buffer.byteLength(text) > MAX_TEXT) {
      throw problem('INVALID_INPUT', {}, [{ field: 'sql', message: `must not be longer than ${MAX_TEXT} bytes` }])
    }
    const forbidden = forbiddenIn(text)
    if (forbidden !== undefined) throw problem('QUERY_FORBIDDEN', { message: `${forbidden} may not be used` })
    const found = await lane.run(face, { text, parameters, maxRows: MAX_ROWS, maxBytes: MAX_BYTES }, encode)
    const rows = found.slice(0, MAX_ROWS).filter((row) => row !== null)
    return { rows: rows.map(withExactIntegers), truncated: rows.length < found.length }
  }

  return {
    lane,

    /**
     * Runs one SELECT on what the face's login may read, and writes one line to the log about it.
     *
     * @param parameters for $1, $2 …: text as PostgreSQL reads it, numbers, booleans, null, lists; objects for json
     * @returns the response as JSON. Rejects as QueryLane.run, and with INVALID_INPUT
     */
    async run (
      face: QueryFace, text: string, parameters: unknown[], { caller, actor }: Context, log: FastifyBaseLogger
    ): Promise<string> {
      const start = performance.now()
      const audit = (outcome: string, rows: number, state?: unknown) => log.info({
        audit: 'query',
        caller,
        actor,
        ms: Math.round(performance.now() - start),
        rows,
        outcome,
        ...state !== undefined && { state },
        sql: printable(text)
      }, 'query')
      try {
        const { rows, truncated } = await select(face, text, parameters)
        audit(truncated ? 'truncated' : 'ok', rows.length)
        return joinJson({ success: true }, ['data', rows], { row_count: rows.length, truncated })
      } catch (error) {
        audit(error instanceof Problem ? error.code : 'INTERNAL_ERROR', 0, (error as Error).cause)
        throw error
      }
    }
  }
}

export default fp(async (fastify) => {
  const { config, database, log, metrics } = fastify
  const lane = new QueryLane(config, log, database.url)
  metrics.watchGate('query', lane)
  fastify.addHook('onClose', async () => await lane.close())
  await database.asAdmin(async (sql) => await lane.prepare(sql))
  fastify.decorate('queries', queryDomain(lane))
}, { name: 'query', dependencies: ['database', 'metrics'] })

/** No statement writes a second log line, or moves a terminal's cursor. */
function printable (text: string): string {
  return shorten(text, AUDITED_LENGTH, ' …')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu,
      (character) => `\\u${character.codePointAt(0)!.toString(16).padStart(4, '0')}`)
}

/** A JSON number past 2^53 would be another one in JavaScript, so it becomes a text; texts are stepped over. */
const TEXT_OR_LARGE = /"[^"\\]*(?:\\.[^"\\]*)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g

function withExactIntegers (row: string): string {
  if (!/(?<![\d.])\d{16}/.test(row)) return row
  return row.replace(TEXT_OR_LARGE,
    (found) => found.startsWith('"') || Number.isSafeInteger(Number(found)) ? found : `"${found}"`)
}

const JSON_TYPES = [114, 3802]

/** A parameter as PostgreSQL reads it. */
function encode (value: unknown, type: number): string | null {
  if (value === null || typeof value === 'string') return value
  if (Array.isArray(value) && !JSON_TYPES.includes(type)) return arrayLiteral(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function arrayLiteral (values: unknown[]): string {
  const parts = values.map((value) => {
    if (value === null) return 'null'
    if (Array.isArray(value)) return arrayLiteral(value)
    return `"${(typeof value === 'object' ? JSON.stringify(value) : String(value)).replace(/["\\]/g, '\\$&')}"`
  })
  return `{${parts.join(',')}}`
}
