import { setTimeout as sleep } from 'node:timers/promises'
import { openWay } from '../../test/way.ts'
import { runTrial, type Trial } from '../trials/harness.ts'
import type { Verdict } from '../drill.ts'
import { percentile, send, type Sent } from '../trials/requests.ts'

export const summary = 'connections to the database, or to a replica, say nothing any more'

/** Contract, section 13. */
const ANSWER_WITHIN_MS = 6000
const BACK_WITHIN_MS = 3000
const LEFT_OUT_WITHIN_MS = 1000

const CALLERS = 12

/** Requests for so long, a dozen at a time; each with the moment it was sent. */
async function load (base: string, path: string, ms: number): Promise<(Sent & { at: number })[]> {
  const began = performance.now()
  const sent: (Sent & { at: number })[] = []
  await Promise.all(Array.from({ length: CALLERS }, async () => {
    while (performance.now() - began < ms) {
      const at = performance.now() - began
      sent.push({ at, ...await send(base, 'GET', path) })
      await sleep(10)
    }
  }))
  return sent
}

async function freezePrimary ({ url, startGateways, teardown }: Trial, isAll: boolean, ms: number): Promise<Verdict[]> {
  const way = await openWay(url)
  teardown(async () => await way.close())
  const [base] = await startGateways(1, { DATABASE_URL: way.url, RATE_LIMIT: '0' })
  await load(base!, '/products/1', 1000)
  way.freeze(isAll)
  const name = isAll ? 'every connection, new ones as well' : 'the connections there are; new ones work'
  const during = isAll ? await load(base!, '/products/1', ms) : []
  way.thaw()
  const after = await load(base!, '/products/1', ms)
  const refused = after.filter(({ status }) => status !== 200)
  const back = Math.max(0, ...refused.map(({ at, ms }) => at + ms))
  const slowest = percentile([...during, ...after], 1)
  return [{
    done: `frozen: ${name}`,
    expected: `every request answered within ${ANSWER_WITHIN_MS} ms`,
    seen: `the slowest of ${during.length + after.length} after ${slowest.toFixed()} ms`,
    holds: slowest <= ANSWER_WITHIN_MS
  }, {
    done: `frozen: ${name}`,
    expected: `no refusal later than ${BACK_WITHIN_MS} ms after the database can be had again`,
    seen: `the last of ${refused.length} after ${back.toFixed()} ms`,
    holds: back <= BACK_WITHIN_MS
  }]
}

async function freezeReplica ({ url, startGateways, teardown }: Trial, ms: number): Promise<Verdict[]> {
  const way = await openWay(url)
  teardown(async () => await way.close())
  const [base] = await startGateways(1, { READ_DATABASE_URL: way.url, RATE_LIMIT: '0' })
  const calm = percentile(await load(base!, '/products?limit=5', 2000), 0.99)
  way.freeze(true)
  const during = await load(base!, '/products?limit=5', ms)
  way.thaw()
  const wrong = during.filter(({ status }) => status !== 200)
  // Those that waited for the replica before they went to the primary.
  const late = during.filter(({ ms }) => ms > Math.max(350, 2 * calm))
  const leftOut = Math.max(0, ...late.map(({ at }) => at))
  const missed = way.relayed()
  await sleep(2000)
  const before = way.relayed()
  const again = await load(base!, '/products?limit=5', 1000)
  return [{
    done: 'frozen: a replica; the primary idle',
    expected: `no error, and nobody waits for it any more after ${LEFT_OUT_WITHIN_MS} ms`,
    seen:
      `${wrong.length} of ${during.length} refused, ${late.length} waited (at most ` +
        `${percentile(during, 1).toFixed()} ms), the last sent at ${leftOut.toFixed()} ms`,
    holds: wrong.length === 0 && leftOut <= LEFT_OUT_WITHIN_MS + 200
  }, {
    done: 'the replica answers again',
    expected: 'it is read from: most of a second’s requests',
    seen:
      `${again.length} requests, ${way.relayed() - before} bytes from the replica (${before - missed} in the 2 s ` +
        'before, without requests)',
    holds: way.relayed() - before > 500 * again.length / 2
  }]
}

/** Freezes by a TCP proxy that takes what it is sent and hands nothing on. */
export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const ms = isShort ? 5000 : 10_000
  await runTrial(async (trial) => {
    verdicts.push(...await freezePrimary(trial, false, ms))
    verdicts.push(...await freezePrimary(trial, true, ms))
    verdicts.push(...await freezeReplica(trial, ms))
  })
  return verdicts
}
