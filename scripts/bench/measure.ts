import { setTimeout as sleep } from 'node:timers/promises'
import { ofMachine, ofProcess, ofServer, PROCESSORS } from './cpu.ts'
import type { Round } from './figures.ts'
import type { Job } from './generator.ts'
import type { Gateway, Generator } from './processes.ts'

interface Clock { at: number, gateway: number | null, database: number | null, machine: number | null }

/** Reads the processor times, of the gateway where there is one. */
function look (gateway: Gateway | null, postmaster: number | null): Clock {
  return {
    at: performance.now(),
    gateway: gateway && ofProcess(gateway.pid),
    database: ofServer(postmaster),
    machine: ofMachine()
  }
}

/** Of fewer than these no round is made: on a machine that is busy with something else it takes longer. */
const LEAST = 50
const LONGEST_SECONDS = 20

/** One round: what came through, and what it cost whom. */
export async function measureRound (
  generator: Generator, job: Job, gateway: Gateway | null, postmaster: number | null
): Promise<Round> {
  const { begin } = await generator.prepare(job)
  const before = look(gateway, postmaster)
  const { count, seconds, p50, p99, cpuSeconds } = await begin()
  const after = look(gateway, postmaster)
  if (count < LEAST && !job.isOnce && job.seconds < LONGEST_SECONDS) {
    return await measureRound(generator, { ...job, seconds: 2 * job.seconds }, gateway, postmaster)
  }
  const spent = (name: 'gateway' | 'database' | 'machine') =>
    before[name] === null || after[name] === null ? null : after[name] - before[name]
  const each = (cpu: number | null) => cpu === null ? null : cpu / count * 1e6
  const all = spent('machine')
  const known = cpuSeconds + (spent('gateway') ?? 0) + (spent('database') ?? 0)
  // What the last requests leave behind is over before the next round.
  await sleep(50)
  return {
    perSecond: count / seconds,
    p50,
    p99,
    gateway: each(spent('gateway')),
    database: each(spent('database')),
    generator: each(cpuSeconds)!,
    others: all === null ? null : Math.max(0, all - known) / ((after.at - before.at) / 1000 * PROCESSORS)
  }
}

/** Node compiles what is used often: half a second of a request that does nothing is spent on that. */
const WARM_SECONDS = 1

/** A first round that does not count, then one of each in turn, the first one second the next time. */
export async function inTurns<T> (
  contestants: T[], rounds: number, seconds: number, measure: (contestant: T, seconds: number) => Promise<Round>
): Promise<Round[][]> {
  const found = new Map<T, Round[]>(contestants.map((contestant) => [contestant, []]))
  for (const contestant of contestants) await measure(contestant, Math.max(WARM_SECONDS, seconds / 2))
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? contestants : [...contestants].reverse()
    for (const contestant of order) found.get(contestant)!.push(await measure(contestant, seconds))
  }
  return contestants.map((contestant) => found.get(contestant)!)
}
