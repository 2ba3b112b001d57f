import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import autocannon from 'autocannon'
import { BY_INDEX, createClient } from '../database/client.ts'
import { userId } from '../test/helper.ts'
import { readArguments, wholeNumber } from './arguments.ts'
import { runTrial } from './trials/harness.ts'

const USAGE = `
npm run bench [-- SECONDS]

What the gateway costs: the same statements through HTTP and through the driver alone, one after the other, on the same server:
8 connections, 5 seconds each unless said. A ratio near 1 is as fast as it can be; single times say little, since everything here
shares one machine.
`

const CONNECTIONS = 8
const seconds = wholeNumber('SECONDS', readArguments(USAGE, {}, [0, 1]).positionals[0] ?? '5', USAGE)

interface Case { name: string, path: string, body?: () => object, statement: string, parameters: () => (string | number | null)[] }

/** Orders of one user wait for each other, so that their numbers have no gap: each is of another one here. */
const USERS = 1000
const items = [{ product_id: 7, quantity: 2 }, { product_id: 3, quantity: 1 }]
const context = JSON.stringify({ actor: null, request_id: 'bench', caller: 'bench', idempotency_key: null, request_hash: null })

const cases = (orderId: string, newOrder: () => object): Case[] => [
  { name: 'one order', path: `/orders/${orderId}`, statement: 'orders/find', parameters: () => [orderId] },
  { name: 'one product', path: '/products/7', statement: 'catalogue/find', parameters: () => [7] },
  { name: 'one user', path: `/users/${userId(1)}`, statement: 'users/find', parameters: () => [userId(1)] },
  {
    name: 'place an order',
    path: '/orders',
    body: newOrder,
    statement: 'orders/place',
    parameters: () => ['place', JSON.stringify(newOrder()), context]
  }
]

await runTrial(async ({ url, sql, startGateways }) => {
  const [base] = await startGateways(1, { RATE_LIMIT: '0' })
  const client = createClient(url, { max: CONNECTIONS, statementTimeout: 10_000, prepare: true, settings: BY_INDEX })

  async function throughDriver ({ statement, parameters }: Case): Promise<number> {
    const text = await readFile(join(import.meta.dirname, `../sql/${statement}.sql`), 'utf8')
    const end = performance.now() + seconds * 1000
    let done = 0
    await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
      for (; performance.now() < end; done++) await client.unsafe(text, parameters(), { prepare: true, simple: false } as never)
    }))
    return done / seconds
  }

  async function throughHttp ({ path, body }: Case): Promise<number> {
    const result = await autocannon({
      url: base! + path,
      connections: CONNECTIONS,
      duration: seconds,
      ...body && {
        requests: [{
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          setupRequest: (request) => ({ ...request, body: JSON.stringify(body()) })
        }]
      }
    })
    if (result.non2xx > 0) throw new Error(`${result.non2xx} requests of ${path} were refused`)
    return result.requests.average
  }

  const users = await sql<{ id: string }[]>`
    insert into users.users (first_name, last_name, email_address)
    select 'User', n::text, 'bench' || n || '@example.com' from generate_series(1, ${USERS}) n returning external_user_id as id`
  const newOrder = () => ({ user_id: users[Math.floor(Math.random() * USERS)]!.id, items })
  const placed = await fetch(`${base}/orders`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(newOrder()) })
  const { data: [{ order_id: orderId }] } = await placed.json() as { data: [{ order_id: string }] }
  console.log(`${CONNECTIONS} connections, ${seconds} s each; requests or statements a second`)
  for (const one of cases(orderId, newOrder)) {
    const [driver, http] = [await throughDriver(one), await throughHttp(one)]
    console.log(`${one.name.padEnd(16)} driver alone ${driver.toFixed(0).padStart(6)}   gateway ${http.toFixed(0).padStart(6)}   ratio ${(http / driver).toFixed(2)}`)
  }
  await client.end({ timeout: 1 })
  const [{ n } = { n: 0 }] = await sql`select count(*)::int as n from orders.orders where total_quantity <> 3`
  if (n > 0) throw new Error('an order is not what was ordered')
})
