import t from 'tap'
import { everything, isHealthy, runOn } from './lane.ts'
import { all, until } from '../checks.ts'
import { openOwnShop, userId, type Answer, type Shop } from '../helper.ts'

/**
 * Statements that would take all there is, by what must become of them. On a busy machine any of them can run out of
 * time (408); none but the forbidden is a 403, and none is refused for want of room (503) for good.
 */
const BOMBS: Record<string, [allowed: number[], ...statements: string[]]> = {
  // On an idle machine they fill their share of the disk before their time is over.
  endless: [[400, 408],
    'with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r'],
  faulty: [[400, 408], 'select count(*) from generate_series(1, 100000000000)',
    "select repeat('x', 40000000)::int", 'select $200000000'],
  // By its words, before the planner sees it: it would copy such a CTE wherever it is named.
  forbidden: [[403],
    ...['b', 'c'].map((name) => 'with a as not materialized (select 1 as x), ' +
      `b as not materialized (select * from a union all select * from a) select * from ${name}`)],
  large: [[200, 400, 408],
    "select repeat('x', 1000000000)", "select repeat('x', 300000000), repeat('y', 300000000)",
    "select repeat('x', 4000000) from generate_series(1, 1000)",
    "with recursive r(x) as (select 'x'::text union all select x || x from r) select length(x) from r",
    'select count(*) from products a, products b, products c, products d, products e',
    'select string_agg(repeat($$x$$, 1000000), $$$$) from generate_series(1, 1000)',
    'select json_agg(n) from generate_series(1, 100000000) n', "select repeat('a', 1000000) ~ '(a|aa)+$b'",
    'select factorial(50000)', 'select 1 from generate_series(1, 1000000000) group by cube(1, 1, 1)',
    "select xmlparse(document '<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b " +
      "\"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">]><x>&c;&c;&c;</x>')"]
}

/**
 * Asks again while those before, although answered, hold both sessions, until the server has noticed that their time is
 * over.
 */
async function ask (shop: Shop, bomb: string): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await runOn('service')(shop, bomb)
    if (answer.status !== 503 || attempt === 10) return answer
  }
}

t.test('what would take all there is stops in time, and orders flow meanwhile', { timeout: 200_000 }, async (t) => {
  const shop = await openOwnShop(t, { HARDEN_DATABASE: 'true' })
  const before = await everything(shop)
  const prices = async () => [...await shop.sql`select product_id, price from products.rankings order by 1`]
  const pricesBefore = await prices()
  const flow = { done: false }
  const placed: number[] = []
  const orders = (async () => {
    while (!flow.done) {
      const { status } = await shop.call('POST', '/orders', {
        user_id: userId(1), items: [{ product_id: 1, quantity: 1 }]
      })
      placed.push(status)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  const waiting = Object.values(BOMBS)
    .flatMap(([allowed, ...statements]) => statements.map((statement) => ({ allowed, statement })))
  await Promise.all([1, 2].map(async () => {
    for (let bomb = waiting.shift(); bomb !== undefined; bomb = waiting.shift()) {
      const { status, text } = await ask(shop, bomb.statement)
      t.ok(bomb.allowed.includes(status), `${status} ${bomb.statement}: ${text.slice(0, 200)}`)
      t.ok(text.length < 5_500_000, 'and its answer is small')
    }
  }))
  flow.done = true
  await orders
  t.ok(placed.length > 50, `${placed.length} orders`)
  all(t, placed, (status) => status === 201, 'every order placed meanwhile')
  // What was answered in time may still be ending.
  await until(async () => (await everything(shop)).busy_sessions === 0, 'both sessions are at rest')
  const after = await everything(shop)
  // The orders placed meanwhile change what products are worth in a list by popularity, and nothing else of it.
  const changed = /^orders\.|^users\.|idempotency|^products\.rankings$/
  for (const name of Object.keys(before).filter((name) => !changed.test(name))) {
    t.same(after[name], before[name], `${name} is as it was`)
  }
  t.same(await prices(), pricesBefore, 'products.rankings: the prices are as they were')
  await isHealthy(t, shop)
})
