import { setTimeout as sleep } from 'node:timers/promises'
import type { Verdict } from '../drill.ts'
import { auditPurchases, auditVerdict, makeUsers, startBuyers, statuses } from '../trials/buyers.ts'
import { runTrial } from '../trials/harness.ts'

export const summary = 'PostgreSQL is killed again and again (kill -9) while orders with Idempotency-Keys come in'

export const isQuick = true

const CLIENTS = 40
/** Contract, section 13. */
const BACK_WITHIN_MS = 3000
const ANSWER_WITHIN_MS = 6000
/** What a machine that is busy with the drill itself adds. */
const ROOM_MS = 500

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const kills = isShort ? 3 : 20
  await runTrial(async ({ sql, server, startGateway }) => {
    const gateways = [await startGateway({ RATE_LIMIT: '0' }), await startGateway({ RATE_LIMIT: '0' })]
    const users = await makeUsers(sql, 200)
    const stock = { 31: 1_000_000, 32: 1_000_000 }
    await sql`update products.inventory set stock = 1000000 where product_id in (31, 32)`
    let turn = 0
    const buying = startBuyers(() => gateways.map(({ address }) => address), {
      count: CLIENTS,
      users,
      items: () => (turn++ % 2 ? [31, 32, 5] : [32, 31]).map((id) => ({ product_id: id, quantity: 1 }))
    })
    const firstAfter = async (since: number) => {
      for (let seen = 0; performance.now() - since < 60_000; await sleep(10)) {
        for (; seen < buying.attempts.length; seen++) {
          const { at, ms, status } = buying.attempts[seen]!
          if (status === 201 && at + ms > since) return at + ms - since
        }
      }
      return Infinity
    }
    const backs: number[] = []
    await firstAfter(performance.now())
    for (let kill = 0; kill < kills; kill++) {
      await sleep(500 + 500 * (kill % 3))
      await server!.kill()
      await sleep(300 * (kill % 4))
      await server!.start()
      backs.push(await firstAfter(performance.now()))
    }
    await buying.stop()
    const { purchases, attempts } = buying
    const done = `kill -9 of PostgreSQL ${kills} times under ${CLIENTS} clients with Idempotency-Keys, two gateways`
    verdicts.push(auditVerdict(await auditPurchases(sql, purchases, stock), purchases, done))
    const slowestBack = Math.max(...backs)
    verdicts.push({
      done: `${kills} returns of the database`,
      expected: `the first order at most ${BACK_WITHIN_MS} ms after it accepts connections`,
      seen: `${backs.map((ms) => ms.toFixed()).join(', ')} ms`,
      holds: slowestBack <= BACK_WITHIN_MS + ROOM_MS
    })
    const slowest = Math.max(...attempts.map(({ ms }) => ms))
    const strange = attempts.filter(({ status }) => status !== 201 && status !== 503)
    verdicts.push({
      done: `${attempts.length} requests`,
      expected: `each is answered within ${ANSWER_WITHIN_MS} ms, by 201 or 503`,
      seen: `${statuses(attempts)}; the slowest after ${slowest.toFixed()} ms`,
      holds: strange.length === 0 && slowest <= ANSWER_WITHIN_MS + ROOM_MS
    })
    const ended = gateways.filter(({ process }) => process.exitCode !== null || process.signalCode !== null)
    verdicts.push({
      done: 'the gateways meanwhile',
      expected: 'none ends',
      seen: ended.length === 0 ? 'both go on' : `${ended.length} ended: ${ended[0]!.output().slice(-1000)}`,
      holds: ended.length === 0
    })
  }, { hasOwnServer: true })
  return verdicts
}
