import type { Verdict } from '../drill.ts'
import { auditPurchases, auditVerdict, makeUsers, startBuyers, statuses } from '../trials/buyers.ts'
import { runTrial } from '../trials/harness.ts'

export const summary = 'hundreds of buyers want the last units, in baskets of opposite orders, through two gateways'

export const isQuick = true

/** A rush is over when nothing is left; each of the two products is in most baskets. */
const [ONE, OTHER, PLENTY] = [31, 32, 33]

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const [buyers, units] = isShort ? [100, 40] : [500, 100]
  await runTrial(async ({ sql, startGateways }) => {
    const gateways = await startGateways(2, { RATE_LIMIT: '0' })
    const users = await makeUsers(sql, buyers)
    const stock = { [ONE]: units, [OTHER]: units, [PLENTY]: 1_000_000 }
    for (const [id, count] of Object.entries(stock)) {
      await sql`insert into products.inventory (product_id, stock) values (${id}, ${count})
        on conflict (product_id) do update set stock = excluded.stock`
    }
    let turn = 0
    const baskets = [[ONE, PLENTY, OTHER], [OTHER, PLENTY, ONE], [ONE, OTHER], [OTHER, ONE], [OTHER], [ONE]]
    const buying = startBuyers(() => gateways, {
      count: buyers,
      users,
      items: () => baskets[turn++ % baskets.length]!.map((id) => ({ product_id: id, quantity: 1 }))
    })
    // Everybody is told that there is nothing left, once.
    for (const deadline = performance.now() + 120_000; performance.now() < deadline;) {
      const [{ left } = { left: 1 }] =
        await sql<{ left: number }[]>`select sum(stock)::int as left from products.inventory
          where product_id in (${ONE}, ${OTHER})`
      if (left === 0) break
    }
    await buying.stop()
    const { purchases, attempts } = buying
    verdicts.push(auditVerdict(await auditPurchases(sql, purchases, stock), purchases,
      `${buyers} buyers without pause, two gateways, ${units} units of each of two products, opposite baskets`))
    const [{ sold, left } = { sold: 0, left: -1 }] = await sql<{ sold: number, left: number }[]>`
      select (select sum(stock_taken)::int from orders.order_items where product_id in (${ONE}, ${OTHER})) as sold,
        (select sum(stock)::int from products.inventory where product_id in (${ONE}, ${OTHER})) as left`
    verdicts.push({
      done: 'the units counted afterwards',
      expected: `${2 * units} sold, none left`,
      seen: `${sold} sold, ${left} left`,
      holds: sold === 2 * units && left === 0
    })
    const strange = attempts.filter(({ status, code }) => ![201, 503].includes(status) && code !== 'INSUFFICIENT_STOCK')
    verdicts.push({
      done: `${attempts.length} requests`,
      expected: 'each is an order, INSUFFICIENT_STOCK, or a 503 to repeat',
      seen: statuses(attempts),
      holds: strange.length === 0
    })
  })
  return verdicts
}
