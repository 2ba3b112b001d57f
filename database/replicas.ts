import { setTimeout as sleep } from 'node:timers/promises'
import { within } from '../common/within.ts'
import { callers } from './caller.ts'
import type { Pool } from './pool.ts'
import { findPosition, LOOK_EVERY_MS, type Positions } from './positions.ts'
import type { RecentWrites } from './recent-writes.ts'
import { statementTexts, type Execute, type Measures, type Parameter } from './statements.ts'
import { everyTick } from './ticks.ts'
import type { Watch } from './watch.ts'

/** A replica has so long; then the primary is asked, too. */
const HEDGE_MS = 400

/** So many in a row that took longer, and it is left out for a while: the first time for so long, then longer. */
const LATE = 2
const SLOW_MS = { first: 1000, most: 8000 }

/** A read with a token waits so long for a replica to come to it (contract, section 13). */
const WAIT_MS = 50
const WAIT_STEP_MS = 5

/** What is read from replicas. Not who calls, nor passwords: what was just taken away must not hold any more. */
const REPLICATED: ReadonlySet<string> = new Set([
  'catalogue/find', 'catalogue/find-managed', 'catalogue/find-offers', 'catalogue/list', 'catalogue/list-aisles',
  'catalogue/list-departments', 'catalogue/list-managed', 'catalogue/search', 'catalogue/search-managed', 'carts/find',
  'orders/find', 'orders/find-for-caller', 'orders/find-invoice', 'orders/find-managed', 'orders/list',
  'orders/list-for-caller', 'orders/list-managed', 'users/count', 'users/export', 'users/find', 'users/find-managed',
  'users/list', 'users/list-managed', 'users/search', 'users/search-managed'
])
for (const name of REPLICATED) if (!statementTexts.has(name)) throw new Error(`There is no sql/${name}.sql`)

/** A server to read from, as long as it responds in time and is not too far behind. */
export class Replica {
  readonly pool: Pool
  readonly #watch: Watch
  readonly #positions: Positions
  /** How far it is known to be, and whether it has the primary's log at all. */
  #position = ''
  #isSameLog = false
  #late = 0
  #slowMs = SLOW_MS.first
  #slowUntil = 0

  constructor (pool: Pool, watch: Watch, positions: Positions) {
    this.pool = pool
    this.#watch = watch
    this.#positions = positions
  }

  /** Asks how far it is, from now on, again and again. */
  keepLooking (): () => void {
    let lookedAt = 0
    return everyTick((now) => {
      if (now - lookedAt < LOOK_EVERY_MS) return
      lookedAt = now
      this.look().catch(() => {})
    })
  }

  /** Asks it how far it is. */
  async look (): Promise<void> {
    const { position, is_standby: isStandby, server } = await findPosition(this.#watch)
    this.#position = position
    // One that was promoted goes its own way, unless it is the primary now.
    this.#isSameLog = isStandby || server === this.#positions.server
  }

  /** How old what it has may be, in ms. */
  age (now: number): number { return this.#isSameLog ? this.#positions.ageOf(this.#position, now) : Infinity }

  get isThere (): boolean { return this.#watch.isThere && performance.now() > this.#slowUntil }

  has (position: string): boolean { return this.#isSameLog && this.#position >= position }

  /** Whether it has all that the primary had when it was heard of last. */
  get isLatest (): boolean { return this.#isSameLog && this.#positions.isLatest(this.#position) }

  /** A statement was done in time, or not. */
  noteTime (isInTime: boolean): void {
    if (isInTime) {
      this.#late = 0
      this.#slowMs = SLOW_MS.first
    } else if (++this.#late >= LATE) {
      this.#slowUntil = performance.now() + this.#slowMs
      this.#slowMs = Math.min(2 * this.#slowMs, SLOW_MS.most)
    }
  }
}

export interface ReplicaOptions {
  replicas: Replica[]
  positions: Positions
  recent: RecentWrites
  /** How old what is read may be. */
  maxLagMs: number
  measures: Measures
  primary: Execute
}

/**
 * Runs reads of callers on the replicas in turn, and on the primary what is written, what must be newer than any
 * replica is, and where a replica is away, has not responded in time or fails, for whatever reason.
 */
export function executeOnReplicas (
  { replicas, positions, recent, maxLagMs, measures, primary }: ReplicaOptions
): Execute {
  let turn = 0

  function inTurn (fits: (replica: Replica) => boolean): Replica | undefined {
    const fitting = replicas.filter((replica) => replica.isThere && fits(replica))
    return fitting[turn++ % fitting.length]
  }

  /** A replica that is new enough; for the catalogue, while there is no primary to be newer, one that had it all. */
  function findFresh (name: string): Replica | undefined {
    const now = performance.now()
    const mayBeLast = !positions.isThere && name.startsWith('catalogue/')
    return inTurn((replica) => replica.age(now) <= maxLagMs || (mayBeLast && replica.isLatest))
  }

  /** One that is as new as the token; waits for it where one is only just behind. */
  async function findAsNewAs (token: string): Promise<Replica | undefined> {
    const until = performance.now() + WAIT_MS
    for (;;) {
      const now = performance.now()
      const behind = replicas.filter((replica) => replica.isThere && replica.age(now) <= maxLagMs)
      const replica = inTurn((replica) => behind.includes(replica) && replica.has(token))
      if (replica || behind.length === 0 || now >= until) return replica
      await within(until - now, Promise.allSettled(behind.map(async (replica) => await replica.look())))
      if (!behind.some((replica) => replica.has(token))) await sleep(WAIT_STEP_MS)
    }
  }

  return async (name, text, parameters) => {
    const caller = callers.getStore()
    const mayBe = caller?.isReading && !caller.hasWritten && REPLICATED.has(name)
    if (!mayBe) return await primary(name, text, parameters)
    const isSingle = isOfOne(name)
    const replica = caller.token === undefined
      ? !recent.includes(parameters, isSingle) && findFresh(name)
      : await findAsNewAs(caller.token)
    if (!replica) return await primary(name, text, parameters)
    const rows = await within(HEDGE_MS,
      replica.pool.run(text, parameters, { isRead: true, caller, observe: measures.durationOf(name) })
        .catch(() => null))
    replica.noteTime(rows !== undefined)
    // What is not there may only not have come yet; what failed may only have failed there.
    if (rows && (rows.length > 0 || !isSingle)) return rows
    // It may have gone: the next ones are not to wait for it.
    if (!rows) replica.look().catch(() => {})
    return await primary(name, text, parameters)
  }
}

const isOfOne = (name: string) => /\/(find|export)(-|$)/.test(name)

/** Wraps what writes, so that reads which come after it know. */
export function noteWrites (execute: Execute, recent: RecentWrites, isRead: (name: string) => boolean): Execute {
  return async (name: string, text: string, parameters: Parameter[]) => {
    if (isRead(name)) return await execute(name, text, parameters)
    let rows: unknown[] = []
    try {
      rows = await execute(name, text, parameters)
      return rows
    } finally {
      // Also where it failed: the connection may have broken after the commit.
      recent.note(parameters, rows)
    }
  }
}
