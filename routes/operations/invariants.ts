import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { callers } from '../../database/caller.ts'
import { statementTexts } from '../../database/statements.ts'
import { Moment, nullable, object, oneOf, ref } from '../../schemas.ts'

/** The shop's laws, each a file of sql/operations/invariants/. */
const FOLDER = 'operations/invariants/'
export const INVARIANTS = [...statementTexts.keys()].filter((name) => name.startsWith(FOLDER))
  .map((name) => name.slice(FOLDER.length)).sort()

const textOf = (invariant: string) => statementTexts.get(FOLDER + invariant)!

/** What a law says: the first sentence of its file. */
export const sentenceOf = (invariant: string): string =>
  /^-- ([^]*?)\.$/m.exec(textOf(invariant))![1]!.replaceAll('\n-- ', ' ')

/** Whether a law looks at the orders of a period ($2, $3), or at all there is. */
export const isByPeriod = (invariant: string): boolean => textOf(invariant).includes('$3')

/** Those that look at one order after the other: a month of them is taken week by week, since a statement has 10 s. */
const IN_WEEKS = ['order-totals', 'status-history', 'stock-movements']
const WEEK_MS = 7 * 24 * 3_600_000

/** Of what is broken, so many are kept and shown. */
export const EXAMPLES = 10

/** The last days, as a month. */
const RECENT = 'infinity'

/** The pieces of a period that a law looks at with a statement each. */
function piecesOf (invariant: string, since: string, before: string): [since: string, before: string][] {
  if (!IN_WEEKS.includes(invariant) || before === RECENT) return [[since, before]]
  const end = Date.parse(before)
  const pieces: [string, string][] = []
  for (let from = Date.parse(since); from < end; from += WEEK_MS) {
    pieces.push([new Date(from).toISOString(), new Date(Math.min(end, from + WEEK_MS)).toISOString()])
  }
  return pieces
}

/** A check that is younger is shown as it is. */
const FRESH_MS = 60_000

/** How long a request waits for a new check; after that it shows the last one. */
const PATIENCE_MS = 4000

const Example = Type.Object({
  about: Type.String({ examples: ['order 3422000'] }),
  kept: nullable(Type.String({ description: 'what is written there, or must be' })),
  found: nullable(Type.String({ description: 'what is found by counting' }))
})

export const Invariant = object('Invariant', {
  invariant: oneOf(INVARIANTS),
  law: Type.String({ description: 'what must hold' }),
  broken: nullable(Type.Integer({ description: 'how many break it, at least; null: not looked at yet' })),
  examples: Type.Array(Example, { description: `up to ${EXAMPLES} of them for each period that was looked at` }),
  checked_at: nullable({ ...Moment, description: 'when it was looked at last' }),
  complete_since: nullable({ ...Moment, description: 'since when the orders of every month have been looked at' }),
  took_ms: nullable(Type.Integer({ description: 'for the last days' }))
})

export const InvariantList = object('InvariantList', {
  broken: Type.Integer({ description: 'how many laws are broken' }),
  invariants: Type.Array(ref(Invariant))
}, {
  examples: [{
    broken: 0,
    invariants: [{
      invariant: 'order-totals',
      law: 'An order\'s totals are its lines\'',
      broken: 0,
      examples: [],
      checked_at: '2026-11-21T09:17:00.123456+00:00',
      complete_since: '2026-11-21T03:17:00.123456+00:00',
      took_ms: 12
    }]
  }]
})

declare module 'fastify' {
  interface FastifyInstance { invariants: ReturnType<typeof invariantsDomain> }
}

/**
 * Whether the shop's laws hold. The database keeps them by constraints, triggers and locks; this finds out when one of
 * those was got round, by hand or by a fault. A look takes the last days and one month of the rest in turn, so it costs
 * the same however old the shop is; `npm run drill -- laws` looks at all at once.
 */
function invariantsDomain (fastify: FastifyInstance) {
  const { log } = fastify
  const { statement } = fastify.database
  const listPeriods = statement('operations/list-periods',
    Type.Object({ month: Type.String(), since: Type.String(), before: Type.String() }))
  const listInvariants = statement('operations/list-invariants', Type.Object({
    invariant: Type.String(),
    broken: Type.Integer(),
    checked_at: Type.String(),
    complete_since: Type.String(),
    took_ms: nullable(Type.Integer()),
    examples: Type.Array(Example)
  }))
  const keepCheck = statement('operations/keep-check', Type.Object({ invariant: Type.String() }))
  const laws = new Map(INVARIANTS.map((name) => [name, statement(FOLDER + name, Type.Object({
    about: Type.String(),
    kept: nullable(Type.String()),
    found: nullable(Type.String()),
    broken: Type.Integer()
  }))]))

  let checking: Promise<void> | undefined
  let checkedAt = -Infinity

  async function checkAll (signal?: AbortSignal): Promise<void> {
    const unknown: string[] = []
    for (const { month, since, before } of await listPeriods.all()) {
      for (const [invariant, law] of laws) {
        if (signal?.aborted || (month !== RECENT && !isByPeriod(invariant))) continue
        const began = performance.now()
        try {
          const found: Static<typeof Example>[] = []
          let broken = 0
          for (const period of isByPeriod(invariant) ? piecesOf(invariant, since, before) : [[]]) {
            const rows = await law.all(EXAMPLES, ...period)
            found.push(...rows.map(({ about, kept, found }) => ({ about, kept, found })))
            broken += rows[0]?.broken ?? 0
          }
          const examples = found.slice(0, EXAMPLES)
          if (broken > 0) log.error({ invariant, month, broken, examples: examples.slice(0, 3) }, 'a law is broken')
          const ms = Math.round(performance.now() - began)
          await keepCheck.first(invariant, month, broken, JSON.stringify(examples), ms)
        } catch (error) {
          unknown.push(`${invariant} (${month}): ${(error as Error).message}`)
        }
      }
    }
    if (unknown.length > 0) throw new Error(`not looked at: ${unknown.join('; ')}`)
    checkedAt = Date.now()
  }

  /** Looks at the laws, once for all who ask at the same time; as a job, which takes no request's place. */
  const check = async (signal?: AbortSignal): Promise<void> =>
    await (checking ??= callers.exit(async () => await checkAll(signal)).finally(() => { checking = undefined }))

  async function list (): Promise<Static<typeof InvariantList>> {
    const found = new Map((await listInvariants.all()).map((row) => [row.invariant, row]))
    const invariants = INVARIANTS.map((invariant) => ({
      broken: null,
      examples: [],
      checked_at: null,
      complete_since: null,
      took_ms: null,
      ...found.get(invariant),
      invariant,
      law: sentenceOf(invariant)
    }))
    return { broken: invariants.filter(({ broken }) => broken !== null && broken > 0).length, invariants }
  }

  return {
    check,
    list,
    /** The same after a look, where the last one of this gateway was more than a minute ago. */
    async look (): Promise<Static<typeof InvariantList>> {
      if (Date.now() - checkedAt > FRESH_MS) {
        const timer = Promise.withResolvers<void>()
        const timeout = setTimeout(timer.resolve, PATIENCE_MS)
        const checked = check().catch((error: Error) => log.warn({ reason: error.message }, 'laws not looked at'))
        await Promise.race([checked, timer.promise]).finally(() => clearTimeout(timeout))
      }
      return await list()
    }
  }
}

export default fp(async (fastify) => {
  const invariants = invariantsDomain(fastify)
  fastify.decorate('invariants', invariants)
  // What the last check of any gateway found: a few rows.
  fastify.metrics.gauge('db_service_invariants_broken', 'Laws of the shop that are broken: 1 for each that is',
    async () => Object.fromEntries((await invariants.list()).invariants.filter(({ broken }) => broken !== null)
      .map(({ invariant, broken }) => [invariant, broken! > 0 ? 1 : 0])), 'invariant')
}, { name: 'invariants', dependencies: ['database', 'metrics'] })
