import { setTimeout as sleep } from 'node:timers/promises'
import type { Verdict } from '../drill.ts'
import { openWay } from '../../test/way.ts'
import { auditPurchases, makeUsers, startBuyers, statuses, type Buying } from '../trials/buyers.ts'
import { isMachineBusy, NOT_JUDGED } from '../trials/busy.ts'
import { runTrial, type Trial } from '../trials/harness.ts'
import { addressOf, openStandby } from '../trials/standby.ts'

export const summary = 'the primary is lost under load (killed, or cut off) and its standby promoted; several hosts'

const CLIENTS = 20
/** Contract, section 13. */
const BACK_WITHIN_MS = 3000
const ANSWER_WITHIN_MS = 6000
/** What a machine that is busy with the drill itself adds. */
const ROOM_MS = 500

/** How the primary is lost, and what its commits wait for. */
interface Loss { name: string, isSynchronous: boolean, isCutOff: boolean }

const LOSSES: Loss[] = [
  { name: 'killed, synchronous standby (ANY 1)', isSynchronous: true, isCutOff: false },
  { name: 'killed, asynchronous standby', isSynchronous: false, isCutOff: false },
  { name: 'cut off without a word, synchronous standby', isSynchronous: true, isCutOff: true }
]

/** The moment of the first order that was answered after one was sent later than `since`. */
async function firstAfter ({ attempts }: Buying, since: number): Promise<number> {
  for (let seen = 0, began = performance.now(); performance.now() - began < 60_000; await sleep(10)) {
    for (; seen < attempts.length; seen++) {
      const { at, ms, status } = attempts[seen]!
      if (status === 201 && at > since) return at + ms
    }
  }
  return Infinity
}

async function lose (trial: Trial, { name, isSynchronous, isCutOff }: Loss, isBusy: boolean): Promise<Verdict[]> {
  const { sql, server, teardown, startGateway } = trial
  const standby = await openStandby(server!, 'one', { isSynchronous })
  teardown(async () => await standby.close())
  const way = await openWay(server!.url)
  teardown(async () => await way.close())
  const settings = { DATABASE_URL: addressOf(way.url, standby.url), RATE_LIMIT: '0' }
  const gateways = [await startGateway(settings), await startGateway(settings)]
  const users = await makeUsers(sql, 200)
  await sql`update products.inventory set stock = 1000000 where product_id in (31, 32)`
  const buying = startBuyers(() => gateways.map(({ address }) => address), {
    count: CLIENTS, users, items: () => [31, 32].map((id) => ({ product_id: id, quantity: 1 }))
  })
  await firstAfter(buying, performance.now())
  await sleep(2000)
  const lost = performance.now()
  if (isCutOff) way.freeze(true)
  else await server!.kill()
  await standby.promote()
  const promoted = performance.now()
  const back = await firstAfter(buying, promoted)
  await sleep(2000)
  await buying.stop()
  const { purchases, attempts } = buying
  const faults = await auditPurchases(standby.sql, purchases, { 31: 1_000_000, 32: 1_000_000 })
  const missing = faults.filter((fault) => fault.includes('was acknowledged and is not there'))
  const others = faults.filter((fault) => !missing.includes(fault))
  const acknowledged = purchases.filter(({ orderId }) => orderId !== undefined).length
  const slowest = Math.max(...attempts.map(({ ms }) => ms))
  const strange = attempts.filter(({ status }) => status !== 201 && status !== 503)
  const ended = gateways.filter(({ process }) => process.exitCode !== null || process.signalCode !== null)
  const late = isBusy ? NOT_JUDGED : ''
  return [{
    done: name,
    expected: `${isSynchronous ? 'no' : 'of the last moment some'} acknowledged order is lost, none doubled or half, ` +
      'every law of the shop holds',
    seen: `${acknowledged} orders acknowledged, ${missing.length} of them lost, ${others.length} other faults` +
      (others.length > 0 ? `: ${others.slice(0, 5).join('; ')}` : ''),
    holds: others.length === 0 && (!isSynchronous || missing.length === 0)
  }, {
    done: name,
    expected: `an order sent after the standby takes writes is answered ${BACK_WITHIN_MS} ms later at most`,
    seen: `${(back - promoted).toFixed()} ms; outage ${((back - lost) / 1000).toFixed(1)} s, of which promoting took ` +
      `${((promoted - lost) / 1000).toFixed(1)} s${late}`,
    holds: isBusy ? Number.isFinite(back) : back - promoted <= BACK_WITHIN_MS + ROOM_MS
  }, {
    done: name,
    expected: `each request is answered within ${ANSWER_WITHIN_MS} ms, by 201 or 503; no gateway ends`,
    seen: `${statuses(attempts)}; the slowest after ${slowest.toFixed()} ms${late}; ${ended.length} ended`,
    holds: strange.length === 0 && ended.length === 0 && (isBusy || slowest <= ANSWER_WITHIN_MS + ROOM_MS)
  }]
}

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const isBusy = isMachineBusy()
  const verdicts: Verdict[] = []
  for (let round = 0; round < (isShort ? 1 : 3); round++) {
    for (const loss of LOSSES) {
      await runTrial(async (trial) => { verdicts.push(...await lose(trial, loss, isBusy)) }, { isStreaming: true })
    }
  }
  return verdicts
}
