import { readdir, readFile } from 'node:fs/promises'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkEqual } from './check.ts'
import { ofProcess, postmasterOf } from './cpu.ts'
import { figuresOf, ratioOf, type Figures } from './figures.ts'
import type { Job } from './generator.ts'
import { inTurns, measureRound } from './measure.ts'
import type { Options } from './options.ts'
import { installPeers, measurePeers, type PeerFigures } from './peers/index.ts'
import { startGateway, startGenerator, startMinimal, type Gateway } from './processes.ts'
import { casesOf, type Case, type Name } from './requests.ts'
import {
  fillCarts, givenDatabase, installReferences, lookAround, removeCustomers, removeReferences, scratchDatabase
} from './shop.ts'
import { say } from './say.ts'
import { measureStatements, type StatementFigures } from './statements.ts'
import { judge } from './thresholds.ts'

export interface Measured {
  name: Name
  ours: Figures
  minimal: Figures
  /** Requests a second, ours to the minimal gateway's. */
  ratio: number
  /** Processor time of the gateway's process, likewise. */
  cpuRatio: number | null
  /** Null where only the quick part was asked for, or there is no statement. */
  statements: StatementFigures | null
}

export interface Run {
  date: Date
  about: string
  settings: Pick<Options, 'rounds' | 'seconds' | 'connections'>
  /** Of the machine, at the start and at the end. */
  load: [number, number]
  postgres: string
  cases: Measured[]
  /** None where nobody asked for them. */
  peers: PeerFigures[]
  /** Why the peers, or the statements alone, are missing. */
  fault: string | undefined
}

const isWithin = ({ name, cpuRatio }: Measured) => judge(new Map([[name, cpuRatio]])).holds

/** What a gateway does after its start: plans, metrics, the first look of each of its jobs. */
const SETTLE = { forMs: 500, mostTimes: 20, seconds: 0.03 }

async function settle (pid: number): Promise<void> {
  for (let n = 0; n < SETTLE.mostTimes; n++) {
    const before = ofProcess(pid) ?? 0
    await sleep(SETTLE.forMs)
    if ((ofProcess(pid) ?? 0) - before < SETTLE.seconds) return
  }
}

/** When the last round of --quick is over, start included; a busy machine takes longer for what lies between them. */
const QUICK_SECONDS = 68
const QUICK_ROUND = { least: 0.25, most: 0.6 }

/** Of what can be done once only, at least so many by each connection. */
const LEAST_EACH = 4

/** Measures what is asked for; says on stderr where it is. Leaves nothing running and nothing behind. */
export async function run (options: Options, folder: string): Promise<Run> {
  const began = performance.now()
  const load = loadavg()[0]!
  const endings: (() => Promise<unknown>)[] = []
  try {
    // Before anything is measured: the registry may be away.
    const installed = options.withPeers ? await installPeers() : []
    const database = options.database === undefined ? await scratchDatabase(folder) : givenDatabase(options.database)
    endings.push(database.end)
    const { sql, url } = database
    say(database.about)
    // The gateway first: it brings the schema up to date.
    const ours = await startGateway(url, folder)
    endings.push(ours.stop)
    await installReferences(sql)
    endings.push(async () => await removeReferences(sql))
    if (options.mayWrite) endings.push(async () => await removeCustomers(sql))
    const shop = await lookAround(sql, options.mayWrite)
    const minimal = await startMinimal(url, 'reference')
    endings.push(minimal.stop)
    const generator = startGenerator()
    endings.push(generator.stop)
    const [{ pid, version }] = await sql.unsafe(
      "select pg_backend_pid() as pid, current_setting('server_version') as version"
    ) as unknown as [{ pid: number, version: string }]
    const postmaster = postmasterOf(pid)

    const cases = casesOf(shop).filter(({ name }) => options.only.includes(name))
    const reset = async () => await fillCarts(sql, shop.sold)
    for (const one of cases) await checkEqual(one, ours.url, minimal.url, reset)
    say(`${cases.length} requests are answered alike, byte by byte`)

    const left = QUICK_SECONDS - (performance.now() - began) / 1000
    const seconds = options.isQuick ? quickSeconds(left, cases.length, options.rounds) : options.seconds
    await settle(ours.pid)
    const measureCase = async (one: Case): Promise<Measured> => {
      const rates = new Map<Gateway, number>()
      const measure = async (gateway: Gateway, seconds: number) => {
        if (one.carts) await reset()
        // So many checkouts as the time is long enough for, by the round before.
        const most = Math.max(LEAST_EACH * options.connections, Math.round((rates.get(gateway) ?? 0) * seconds))
        const job = jobOf(one.isOnce ? { ...one, sent: one.sent.slice(0, most) } : one, gateway.url,
          options.connections, seconds)
        const round = await measureRound(generator, job, gateway, postmaster)
        rates.set(gateway, round.perSecond)
        return round
      }
      const [mine, theirs] = await inTurns([ours, minimal], options.rounds, seconds, measure)
      return {
        name: one.name,
        ours: figuresOf(mine!),
        minimal: figuresOf(theirs!),
        ratio: ratioOf(mine!, theirs!, ({ perSecond }) => perSecond)!,
        cpuRatio: ratioOf(mine!, theirs!, ({ gateway }) => gateway),
        statements: null
      }
    }
    const measured: Measured[] = []
    for (const one of cases) {
      let found = await measureCase(one)
      // A disturbance only ever adds: what is over its limit is measured once more.
      if (options.isQuick && !isWithin(found)) {
        say(`${one.name}: over its limit, once more`)
        const again = await measureCase(one)
        if (isWithin(again)) found = again
      }
      measured.push(found)
      say(`${one.name}: ${found.ratio.toFixed(2)} of the minimal gateway`)
    }
    const place = { url, cases, gateway: ours, generator, postmaster, options, folder }
    let peers: PeerFigures[] = []
    let fault: string | undefined
    try {
      if (options.withPeers) peers = await measurePeers(installed, { ...place, shop })
      if (!options.isQuick) {
        const found = await measureStatements({ ...place, reset })
        for (const one of measured) one.statements = found.get(one.name) ?? null
      }
    } catch (error) {
      // What has been measured by now is worth showing.
      fault = (error as Error).message
    }
    return {
      date: new Date(),
      about: database.about,
      settings: { rounds: options.rounds, seconds, connections: options.connections },
      load: [load, loadavg()[0]!],
      postgres: version,
      cases: measured,
      peers,
      fault
    }
  } catch (error) {
    throw new Error(`${(error as Error).message}${await complaints(folder)}`, { cause: error })
  } finally {
    for (const end of endings.reverse()) await end()
  }
}

/** What the gateway's log says of faults: the folder is gone when somebody asks. */
async function complaints (folder: string): Promise<string> {
  const logs = (await readdir(folder)).filter((file) => /^gateway-.*\.log$/.test(file))
  const texts = await Promise.all(logs.map(async (file) => await readFile(join(folder, file), 'utf8')))
  const lines = texts.flatMap((text) => text.split('\n').filter((line) => /"level":[56]0/.test(line)))
  if (lines.length === 0) return '\nThe gateway logged no fault of its own.'
  return `\nThe gateway's log:\n${lines.slice(-5).join('\n')}`
}

const jobOf = ({ sent, isWrite, isOnce }: Case, url: string, connections: number, seconds: number): Job =>
  ({ kind: 'http', url, sent, connections, seconds, isOnce, isApart: isWrite })

/** How long a round may take: what is left, shared out, with the half round before each and what lies between them. */
function quickSeconds (left: number, cases: number, rounds: number): number {
  const each = left / (cases * 2 * (rounds + 1)) - 0.12
  return Math.min(QUICK_ROUND.most, Math.max(QUICK_ROUND.least, each))
}
