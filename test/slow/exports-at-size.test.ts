import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres, { type Sql } from 'postgres'
import t from 'tap'
import { all } from '../checks.ts'
import { startGateway } from '../gateway.ts'
import { freshDatabase, userId } from '../helper.ts'

t.setTimeout(300_000)

const ORDERS = Number(process.env.EXPORTED_ORDERS ?? 300_000)
/** Every so many orders a customer's name is a formula. */
const FORMULA_EVERY = 1000
const FORMULA = '=HYPERLINK("https://example.com","Ann")'

/** What is sent in one export: of CSV about 30 MB, of NDJSON 200. With three times as many orders 10 were seen. */
const MAX_GROWTH_MB = 30

/** Orders as they are long after they were placed. Without the sums that triggers keep, which no export reads. */
async function makeOrders (sql: Sql): Promise<void> {
  const tables = ['orders.orders', 'orders.order_items']
  for (const table of tables) await sql.unsafe(`alter table ${table} disable trigger user`)
  await sql`
    insert into orders.orders (id, user_id, order_number, order_reference, order_dow, order_hour_of_day, status,
      created_at, total_items, total_quantity, total_price, customer_name)
    select n, n % 5 + 1, n, 'ORD-' || n, 0, 0, 'delivered',
      timestamptz '2020-01-01 00:00:00Z' + n * interval '3 minutes', 1, 3, 9.5,
      case when n % ${FORMULA_EVERY}::int = 0 then ${FORMULA} else 'Ann Example' end
    from generate_series(1, ${ORDERS}::int) n`
  await sql`
    insert into orders.order_items (order_id, product_id, quantity, add_to_cart_order, product_name, ordered_at, price)
    select n, n % 39 + 1, 3, 1, 'Product', timestamptz '2020-01-01 00:00:00Z' + n * interval '3 minutes', 9.5
    from generate_series(1, ${ORDERS}::int) n`
  await sql`update users.users set last_order_number = ${ORDERS}`
  for (const table of tables) await sql.unsafe(`alter table ${table} enable trigger user`)
  await sql`vacuum analyze orders.orders, orders.order_items`
}

const memoryOf = (pid: number) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024

t.test('300,000 orders as CSV and NDJSON, in constant memory and in nobody’s way', async (t) => {
  const url = await freshDatabase(t)
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  t.teardown(async () => await sql.end({ timeout: 1 }))
  await makeOrders(sql)
  // As `npm start` does.
  const NODE_OPTIONS = '--max-semi-space-size=4 --max-old-space-size=512'
  const gateway = await startGateway(t, { DATABASE_URL: url, DATA_DIR: t.testdirName, NODE_OPTIONS })
  const pid = gateway.process.pid!

  /**
   * Reads an export to its end, with a pause on the way; returns how many lines it has, in how many of them something
   * is found, and the most memory that the gateway had.
   */
  async function read (query: string, look: (line: string) => boolean) {
    let most = 0
    const timer = setInterval(() => { most = Math.max(most, memoryOf(pid)) }, 50)
    const [response] = await once(get(`${gateway.url}/api/v1/orders/export?${query}`), 'response') as [IncomingMessage]
    let [lines, found, rest] = [0, 0, '']
    for await (const chunk of response.setEncoding('utf8')) {
      const all = (rest + chunk).split('\n')
      rest = all.pop()!
      if (lines < ORDERS / 2 && lines + all.length >= ORDERS / 2) await sleep(2000)
      lines += all.length
      for (const line of all) if (look(line)) found++
    }
    clearInterval(timer)
    t.equal(response.statusCode, 200)
    t.ok(response.complete)
    return { lines, found, most }
  }

  const during = { isOver: false }
  const statuses: number[] = []
  async function order (): Promise<void> {
    while (!during.isOver) {
      const { status } = await fetch(`${gateway.url}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user_id: userId(statuses.length % 5 + 1), items: [{ product_id: 1 }] })
      })
      statuses.push(status)
    }
  }
  const orders = order()
  // What a process needs for it, whatever the length.
  const short = [await read('format=ndjson&end_date=2020-04-01', () => false),
    await read('format=csv&end_date=2020-04-01', () => false)]
  const before = Math.max(...short.map(({ most }) => most))

  const csv = await read('format=csv', (line) => line.includes(`,"'${FORMULA.replaceAll('"', '""')}",`))
  t.ok(csv.lines > ORDERS, `${csv.lines} lines: a header, and each order`)
  t.equal(csv.found, ORDERS / FORMULA_EVERY, 'formulas are none')
  const ndjson = await read('format=ndjson', (line) => line.includes(`"${FORMULA.replaceAll('"', '\\"')}"`))
  t.ok(ndjson.lines >= ORDERS, `${ndjson.lines} lines`)
  t.equal(ndjson.found, ORDERS / FORMULA_EVERY, 'NDJSON has them as they are')
  during.isOver = true
  await orders
  for (const [format, { most }] of Object.entries({ csv, ndjson })) {
    t.ok(most < before + MAX_GROWTH_MB, `${format}: ${before.toFixed(0)} MB before, ${most.toFixed(0)} at most`)
  }
  all(t, statuses, (status) => status === 201, `${statuses.length} orders placed meanwhile`)
})
