import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from 'postgres'
import { brokenLaws } from './laws.ts'

/** What one buyer asked for under one key, and what became of it in the end. */
export interface Purchase {
  key: string
  user: string
  items: { product_id: number, quantity: number }[]
  attempts: number
  /** Of the last response; 0: nobody answered before the end. */
  status: number
  code?: string
  orderId?: number
}

/** One request: when it was sent, how long it took, its status (0: the connection broke). */
export interface Attempt { at: number, ms: number, status: number, code?: string }

export interface Buying {
  purchases: Purchase[]
  attempts: Attempt[]
  /** Lets every buyer finish what it is at, repeating it until it is answered, and waits for that. */
  stop (): Promise<void>
}

/** What is asked again with the same key: nobody knows what became of it, or it was not done. */
const isRepeated = (status: number) => status === 0 || status === 503 || status === 429 || status === 500
const GIVE_UP_MS = 60_000

export interface BuyersOptions {
  count: number
  users: string[]
  items: () => Purchase['items']
  /** Orders a second of all together; without: as fast as they are answered. */
  rate?: number
  headers?: Record<string, string>
}

/** New users, for nothing but buying. */
export async function makeUsers (sql: Sql, count: number): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    insert into users.users (first_name, last_name, email_address)
    select 'Buyer', n::text, 'buyer' || n || '@example.com' from generate_series(1, ${count}::int) n
    returning external_user_id as id`
  return rows.map(({ id }) => id)
}

/**
 * Buyers that place orders, each with an Idempotency-Key, and send an order again, to another gateway, until they know
 * what became of it.
 */
export function startBuyers (
  gateways: () => string[], { count, users, items, rate, headers = {} }: BuyersOptions
): Buying {
  const purchases: Purchase[] = []
  const attempts: Attempt[] = []
  const state = { isOver: false }
  let giveUp = Infinity
  let started = 0
  const since = performance.now()

  async function send (purchase: Purchase, base: string): Promise<void> {
    const attempt: Attempt = { at: performance.now(), ms: 0, status: 0 }
    try {
      const response = await fetch(`${base}/orders`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': purchase.key, ...headers },
        body: JSON.stringify({ user_id: purchase.user, items: purchase.items }),
        signal: AbortSignal.timeout(20_000)
      })
      const body = await response.json() as { code?: string, data?: { order_id: string }[] }
      attempt.status = response.status
      if (body.code !== undefined) attempt.code = body.code
      if (response.status === 201) purchase.orderId = Number(body.data![0]!.order_id)
    } catch {}
    attempt.ms = performance.now() - attempt.at
    attempts.push(attempt)
    purchase.attempts++
    purchase.status = attempt.status
    if (attempt.code !== undefined) purchase.code = attempt.code
  }

  async function buy (buyer: number): Promise<void> {
    for (let n = 0; !state.isOver; n++) {
      const turn = started++
      if (rate !== undefined) await sleep(Math.max(0, since + turn * 1000 / rate - performance.now()))
      if (state.isOver) return
      const purchase: Purchase = {
        key: randomUUID(), user: users[(buyer + n * count) % users.length]!, items: items(), attempts: 0, status: 0
      }
      purchases.push(purchase)
      for (let next = buyer + n; performance.now() < giveUp; next++) {
        const list = gateways()
        await send(purchase, list[next % list.length]!)
        if (!isRepeated(purchase.status)) break
        await sleep(50)
      }
    }
  }

  const buying = Promise.all(Array.from({ length: count }, async (_, buyer) => await buy(buyer)))
  return {
    purchases,
    attempts,
    stop: async () => {
      state.isOver = true
      giveUp = performance.now() + GIVE_UP_MS
      await buying
    }
  }
}

/**
 * What is wrong with what was bought, in sentences: an order that was acknowledged and is lost or another than was
 * asked for, two of one key, one that nobody asked for, stock that does not add up, a law of the shop that is broken.
 *
 * @param stock of each product that is tracked, before the first purchase
 */
export async function auditPurchases (
  sql: Sql, purchases: Purchase[], stock: Record<number, number>
): Promise<string[]> {
  const faults: string[] = []
  const rows = await sql<{ key: string | null, id: number, user: string, items: string }[]>`
    select k.key, o.id::int as id, u.external_user_id as user, (
      select coalesce(string_agg(i.product_id || 'x' || i.quantity, ' ' order by i.product_id), '')
      from orders.order_items i where i.order_id = o.id) as items
    from orders.orders o
    join users.users u on u.id = o.user_id
    left join gateway.idempotency_keys k on k.order_id = o.id
    where u.external_user_id = any (${[...new Set(purchases.map(({ user }) => user))]}::text[]::uuid[])`
  const byKey = Map.groupBy(rows, ({ key }) => key)
  const known = new Map(purchases.map((purchase) => [purchase.key, purchase]))
  for (const { key, user, items, orderId } of purchases) {
    const orders = byKey.get(key) ?? []
    if (orders.length > 1) faults.push(`${key} has ${orders.length} orders`)
    if (orderId === undefined) continue
    const wanted = items.map(({ product_id: id, quantity }) => [id, quantity] as const).sort(([a], [b]) => a - b)
      .map((line) => line.join('x')).join(' ')
    const [order] = orders
    if (order === undefined) faults.push(`order ${orderId} was acknowledged and is not there`)
    else if (order.id !== orderId) faults.push(`order ${orderId} was acknowledged, and its key has ${order.id}`)
    else if (order.user !== user || order.items !== wanted) faults.push(`order ${orderId} is not what was asked for`)
  }
  for (const { key, id } of rows) {
    if (key === null || !known.has(key)) faults.push(`order ${id} was asked for by nobody`)
    else if (known.get(key)!.orderId === undefined && known.get(key)!.status !== 0) {
      faults.push(`order ${id} is there, and its buyer was told ${known.get(key)!.status}`)
    }
  }
  const left = await sql<{ id: number, stock: number, taken: number }[]>`
    select s.product_id as id, s.stock, coalesce((
      select sum(stock_taken) from orders.order_items i where i.product_id = s.product_id), 0)::int as taken
    from products.inventory s where s.product_id = any (${Object.keys(stock).map(Number)}::int[])`
  for (const row of left) {
    if (row.stock + row.taken !== stock[row.id]) {
      faults.push(`product ${row.id} had ${stock[row.id]}, has ${row.stock}, and orders took ${row.taken}`)
    }
  }
  const laws = await brokenLaws(sql)
  if (laws !== '') faults.push(laws)
  return faults
}

/** The verdict of an audit. */
export const auditVerdict = (faults: string[], purchases: Purchase[], done: string) => ({
  done,
  expected: 'no acknowledged order lost, doubled or half, stock exact, every law of the shop holds',
  seen: `${purchases.filter(({ orderId }) => orderId !== undefined).length} orders acknowledged, ` +
    `${purchases.reduce((sum, { attempts }) => sum + attempts - 1, 0)} repeats, ` +
    (faults.length === 0 ? 'none of these' : `${faults.length} faults: ${faults.slice(0, 5).join('; ')}`),
  holds: faults.length === 0
})

/** How often each status came. */
export const statuses = (attempts: { status: number, code?: string }[]) =>
  [...Map.groupBy(attempts, ({ status, code }) => `${status || 'broken off'}${code ? ` ${code}` : ''}`)]
    .map(([status, list]) => `${list.length} × ${status}`).sort().join(', ')
