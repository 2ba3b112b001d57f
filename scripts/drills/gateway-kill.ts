import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Verdict } from '../drill.ts'
import { auditPurchases, auditVerdict, makeUsers, startBuyers, statuses } from '../trials/buyers.ts'
import { runTrial } from '../trials/harness.ts'

export const summary =
  'one of two gateways is killed again and again (kill -9) while orders with Idempotency-Keys come in'

export const isQuick = true

const CLIENTS = 40
/** What the server does for a client that is gone goes on for as long as a statement may. */
const QUIET_WITHIN_MS = 6000

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const kills = isShort ? 2 : 20
  await runTrial(async ({ sql, startGateway }) => {
    const settings = { RATE_LIMIT: '0' }
    const gateways = [await startGateway(settings), await startGateway(settings)]
    const users = await makeUsers(sql, 200)
    const stock = { 31: 1_000_000, 32: 1_000_000 }
    await sql`update products.inventory set stock = 1000000 where product_id in (31, 32)`
    let turn = 0
    const buying = startBuyers(() => gateways.map(({ address }) => address), {
      count: CLIENTS,
      users,
      items: () => (turn++ % 2 ? [31, 32, 5] : [32, 31]).map((id) => ({ product_id: id, quantity: 1 }))
    })
    for (let kill = 0; kill < kills; kill++) {
      await sleep(500 + 300 * (kill % 3))
      const victim = kill % 2
      const { process, port } = gateways[victim]!
      process.kill('SIGKILL')
      await once(process, 'exit')
      gateways[victim] = await startGateway(settings, { port })
    }
    await buying.stop()
    const { purchases, attempts } = buying
    verdicts.push(auditVerdict(await auditPurchases(sql, purchases, stock), purchases,
      `kill -9 of one of two gateways ${kills} times under ${CLIENTS} clients with Idempotency-Keys`))
    const strange = attempts.filter(({ status }) => ![0, 201, 503].includes(status))
    verdicts.push({
      done: `${attempts.length} requests`,
      expected: 'each is an order, broken off with its gateway, or a 503 to repeat',
      seen: statuses(attempts),
      holds: strange.length === 0
    })
    const since = performance.now()
    let held = Infinity
    while (held > 0 && performance.now() - since < QUIET_WITHIN_MS) {
      held = (await sql<{ n: number }[]>`select count(*)::int as n from pg_stat_activity
        where datname = current_database() and state like 'idle in transaction%'`)[0]!.n
    }
    verdicts.push({
      done: 'the dead gateways’ sessions in the database',
      expected: `none is in a transaction after ${QUIET_WITHIN_MS} ms`,
      seen: `${held} after ${(performance.now() - since).toFixed()} ms`,
      holds: held === 0
    })
  })
  return verdicts
}
