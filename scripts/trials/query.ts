import autocannon from 'autocannon'
import type { Trial } from './harness.ts'

const ROUNDS = 3
const SECONDS = 10
const USERS = 1000
const ATTACKERS = 4

/** What takes all the time, room and memory it is given; each runs until a limit ends it. */
const BOMBS = [
  'select count(*) from generate_series(1, 10000000) a, generate_series(1, 10000000) b',
  'select count(*) from products a, products b, products c, products d, products e',
  'with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r',
  'select n from generate_series(1, 100000000) n order by md5(n::text)',
  "select repeat('a', 1000000) ~ '(a|aa)+$b'",
  "select repeat('x', 400000) from generate_series(1, 1000)"
]

/** What a busy shop sells; "flat out" is as fast as eight connections can. */
const STEADY_RATE = 200

/**
 * Orders are placed while four callers send bombs to /query without pause, and while nobody does, in turns; compares
 * how fast.
 */
export async function tryQuery ({ sql, startGateways }: Trial): Promise<void> {
  const [base] = await startGateways(1, {})
  const users = await sql<{ id: string }[]>`
    insert into users.users (first_name, last_name, email_address)
    select 'User', n::text, 'trial' || n || '@example.com' from generate_series(1, ${USERS}) n
    returning external_user_id as id`
  const headers = { 'content-type': 'application/json' }
  const newOrder = () => ({
    user_id: users[Math.floor(Math.random() * USERS)]!.id,
    items: [{ product_id: 7, quantity: 2 }, { product_id: 3, quantity: 1 }]
  })

  /** @param rate orders a second at most */
  async function placeOrders (rate?: number) {
    const { requests, latency, non2xx } = await autocannon({
      url: `${base}/orders`,
      connections: 8,
      duration: SECONDS,
      ...rate && { overallRate: rate },
      requests: [
        { method: 'POST', headers, setupRequest: (request) => ({ ...request, body: JSON.stringify(newOrder()) }) }
      ]
    })
    if (non2xx > 0) throw new Error(`${non2xx} orders were refused`)
    return { perSecond: requests.average, median: latency.p50, p99: latency.p99 }
  }

  const answers: Record<string, number> = {}
  async function attacked<T> (work: () => Promise<T>): Promise<T> {
    const over = new AbortController()
    const attackers = Array.from({ length: ATTACKERS }, async (_, from) => {
      for (let n = from; !over.signal.aborted; n++) {
        const response = await fetch(`${base}/query`, {
          method: 'POST', headers, body: JSON.stringify({ sql: BOMBS[n % BOMBS.length] })
        })
        await response.arrayBuffer()
        answers[response.status] = (answers[response.status] ?? 0) + 1
      }
    })
    try {
      return await work()
    } finally {
      over.abort()
      await Promise.all(attackers)
    }
  }

  console.log(`${ROUNDS} rounds of ${4 * SECONDS} s, the first after ${SECONDS} s`)
  await placeOrders()
  for (let round = 1; round <= ROUNDS; round++) {
    for (const rate of [undefined, STEADY_RATE]) {
      const [alone, beside] = [await placeOrders(rate), await attacked(async () => await placeOrders(rate))]
      const say = ({ perSecond, median, p99 }: typeof alone) =>
        `${perSecond.toFixed(0)} a second (half within ${median} ms, 99 % within ${p99} ms)`
      console.log(
        `${rate ? 'steady  ' : 'flat out'}  alone ${say(alone)}, under attack ${say(beside)}: ratio ` +
          `${(beside.perSecond / alone.perSecond).toFixed(2)}`
      )
    }
  }
  console.log(
    `the attackers were answered ${Object.entries(answers).map(([status, count]) => `${status} (${count} times)`)
      .join(', ')}`
  )
}
