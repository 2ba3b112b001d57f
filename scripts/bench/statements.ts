import postgres from 'postgres'
import { ask, checkEqual } from './check.ts'
import { tap, type Seen } from './capture.ts'
import { ofServer } from './cpu.ts'
import { median, noise } from './figures.ts'
import type { Statement } from './generator.ts'
import { measureRound } from './measure.ts'
import type { Options } from './options.ts'
import { hasPgbench, runPgbench, writeScripts } from './pgbench.ts'
import { startGateway, startMinimal, type Gateway, type Generator } from './processes.ts'
import type { Case, Name } from './requests.ts'
import { say } from './say.ts'

/**
 * Transactions a second (a request's statements, one after the other), and the database's processor time of one, in µs.
 */
export interface Alone { perSecond: number, database: number | null, noise: number }

export interface StatementFigures {
  by: 'pgbench' | 'driver'
  ours: Alone
  best: Alone
  /** Ours to the best, a second. */
  ratio: number
  /** The best's processor time to ours. */
  cpuRatio: number | null
}

interface Place {
  url: string
  cases: Case[]
  gateway: Gateway
  generator: Generator
  postmaster: number | null
  options: Options
  folder: string
  reset (): Promise<void>
}

/** What runs without any gateway: the statements that one sent for a request. */
interface Contestant { transactions: Statement[][], settings: Record<string, string> }

/**
 * Measures the statements of each request without a gateway: ours, and the best ones known, whose responses are checked
 * to be the same.
 */
export async function measureStatements (place: Place): Promise<Map<Name, StatementFigures>> {
  const found = new Map<Name, StatementFigures>()
  const contestants = await capture(place)
  // Of the carts that have been checked out, others are read.
  if (place.options.mayWrite) await place.reset()
  const sql = postgres(place.url, { max: 1, onnotice: () => {} })
  try {
    for (const one of place.cases) {
      const pair = contestants.get(one.name)
      if (!pair) continue
      const by = !one.isOnce && hasPgbench() ? 'pgbench' : 'driver'
      const measures = []
      for (const [n, contestant] of pair.entries()) {
        measures.push(
          by === 'driver'
            ? byDriver(place, one, contestant)
            : await byPgbench(place, one, contestant, sql, `${one.name}-${n}`)
        )
      }
      const rounds: { perSecond: number, database: number | null }[][] = [[], []]
      for (let round = 0; round < place.options.rounds; round++) {
        for (const n of round % 2 === 0 ? [0, 1] : [1, 0]) rounds[n]!.push(await measures[n]!())
      }
      found.set(one.name, figures(by, rounds[0]!, rounds[1]!))
      say(`${one.name}: the statement at ${found.get(one.name)!.ratio.toFixed(2)} of the best one known`)
    }
  } finally {
    await sql.end({ timeout: 5 })
  }
  return found
}

/** Has both gateways answer, and reads what they send to the database. */
async function capture (
  { url, cases, gateway, folder, options, reset }: Place
): Promise<Map<Name, [Contestant, Contestant]>> {
  const wire = await tap(url)
  const gateways: Gateway[] = []
  try {
    gateways.push(await startGateway(wire.url, folder))
    gateways.push(await startMinimal(wire.url, 'best'))
    const found = new Map<Name, [Contestant, Contestant]>()
    if (options.mayWrite) await reset()
    for (const one of cases.filter(({ name }) => name !== 'livez')) {
      await checkEqual(one, gateway.url, gateways[1]!.url, reset)
      const pair: Contestant[] = []
      for (const { url: base } of gateways) pair.push(await contestantOf(one, base, wire.listen, reset))
      found.set(one.name, pair as [Contestant, Contestant])
    }
    return found
  } finally {
    for (const { stop } of gateways) await stop()
    await wire.close()
  }
}

async function contestantOf (
  one: Case, base: string, listen: (work: () => Promise<unknown>) => Promise<Seen[]>, reset: () => Promise<void>
): Promise<Contestant> {
  if (!one.isWrite) {
    const seen: Seen[][] = []
    for (const sent of one.sent) seen.push(await repeated(async () => await listen(async () => await ask(base, sent))))
    return { transactions: seen, settings: seen[0]![0]!.settings }
  }
  if (one.carts) await reset()
  const [model, ...others] = one.sent.map(({ path, body }) => /[0-9a-f-]{36}/.exec(`${path} ${body}`)![0]) as [
    string, ...string[]
  ]
  // A write is one statement, which says whose; what else comes by is the gateway's own business.
  const first = (await listen(async () => await ask(base, one.sent[0]!)))
    .find(({ parameters }) => parameters.some((value) => value?.includes(model)))
  if (!first) throw new Error(`${one.name}: no statement of it came by`)
  const users = [model, ...others]
  return {
    transactions: users.map((user) => [{
      text: first.text, parameters: first.parameters.map((value) => value?.replaceAll(model, user) ?? null)
    }]),
    settings: first.settings
  }
}

/** Three times: what the gateway does on its own meanwhile does not come by each time. */
async function repeated (look: () => Promise<Seen[]>): Promise<Seen[]> {
  const [first, ...others] = [await look(), await look(), await look()]
  return first!.filter(({ text }) => others.every((seen) => seen.some((other) => other.text === text)))
}

const clientsOf = ({ options }: Place) => Math.max(1, options.connections >> 2)

/** For each round: the rate, and the processor time of all of it, connecting and planning included. */
async function byPgbench (
  place: Place, one: Case, { transactions, settings }: Contestant, sql: postgres.Sql, name: string
) {
  const { url, postmaster, options: { seconds }, folder, reset } = place
  const clients = clientsOf(place)
  const scripts = await writeScripts(sql, one.isWrite ? transactions.slice(0, clients) : transactions, folder, name)
  return async () => {
    if (one.carts) await reset()
    const before = ofServer(postmaster)
    const { count, perSecond } = await runPgbench(url, settings, scripts, { clients, isApart: one.isWrite, seconds })
    const after = ofServer(postmaster)
    return { perSecond, database: before === null || after === null ? null : (after - before) / count * 1e6 }
  }
}

function byDriver (place: Place, one: Case, { transactions, settings }: Contestant) {
  const { url, generator, postmaster, options: { seconds }, reset } = place
  return async () => {
    if (one.carts) await reset()
    const { perSecond, database } = await measureRound(generator, {
      kind: 'statements', url, settings, transactions, connections: clientsOf(place), seconds, isOnce: one.isOnce
    }, null, postmaster)
    return { perSecond, database }
  }
}

function figures (
  by: StatementFigures['by'], ours: { perSecond: number, database: number | null }[], best: typeof ours
): StatementFigures {
  const of = (rounds: typeof ours): Alone => ({
    perSecond: median(rounds.map(({ perSecond }) => perSecond)),
    database: rounds.some(({ database }) => database === null) ? null : median(rounds.map(({ database }) => database!)),
    noise: noise(rounds.map(({ perSecond }) => perSecond))
  })
  const [mine, known] = [of(ours), of(best)]
  return {
    by,
    ours: mine,
    best: known,
    ratio: median(ours.map(({ perSecond }, n) => perSecond / best[n]!.perSecond)),
    cpuRatio: mine.database === null || known.database === null ? null : known.database / mine.database
  }
}
