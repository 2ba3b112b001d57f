import { createReadStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import csvParser from 'csv-parser'
import { readArguments } from './arguments.ts'

readArguments(`
node scripts/generate-seeds.ts

Writes the orders, items and status history of the demo shop from the catalogue and the people in seeds/. The same
input always gives the same files.
`, {})

type Row = Record<string, string>
type Change = { status: string, at: number }
type Person = { id: number, lastLogin: number, weight: number, orders: number, favourites: number[] }
type Order = { id: number, person: Person, number: number, at: number, sincePrior: number | null, history: Change[] }

const SEED = 1045
const ORDERS = 200
const FIRST_ORDER_ID = 1001
const MOST_ORDERS_EACH = 18
const FAVOURITES = 14
const START = Date.parse('2026-06-01T00:00:00Z')
const END = Date.parse('2026-10-31T20:00:00Z')
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const SEEDS = join(import.meta.dirname, '..', 'seeds')
const CARRIERS = [
  { name: 'Parcel Pelican', prefix: 'PP', url: 'https://pelican.example.com/track/' },
  { name: 'Swiftwing', prefix: 'SW', url: 'https://swiftwing.example.com/t/' },
  { name: 'Harbour Post', prefix: 'HP', url: 'https://post.example.com/parcel/' }
]

// mulberry32: small, and the same on every machine
let state = SEED
function random (): number {
  state = (state + 0x6D2B79F5) | 0
  let t = Math.imul(state ^ (state >>> 15), 1 | state)
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
}

const chance = (share: number): boolean => random() < share
const between = (low: number, high: number): number => low + random() * (high - low)
const whole = (low: number, high: number): number => Math.floor(between(low, high + 1))
const pick = <T>(list: T[]): T => list[whole(0, list.length - 1)]

async function read (file: string): Promise<Row[]> {
  const rows: Row[] = []
  for await (const row of createReadStream(join(SEEDS, file)).compose(csvParser())) rows.push(row)
  return rows
}

function write (file: string, header: string, rows: Array<Array<string | number>>): void {
  const field = (value: string | number): string => {
    const text = String(value)
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  const lines = rows.map((row) => row.map(field).join(','))
  writeFileSync(join(SEEDS, file), [header, ...lines, ''].join('\n'))
  console.log(`${file}: ${rows.length} rows`)
}

const timestamp = (at: number): string => new Date(at).toISOString().slice(0, 19).replace('T', ' ') + '+00:00'
const startOfDay = (at: number): number => Math.floor(at / DAY) * DAY
const toSecond = (at: number): number => Math.floor(at / SECOND) * SECOND

/** Everybody orders twice at least; the rest goes to people by how keen they are. */
function dealOrders (people: Person[]): void {
  const total = people.reduce((sum, { weight }) => sum + weight, 0)
  for (let left = ORDERS - 2 * people.length; left > 0;) {
    let at = random() * total
    const person = people.find(({ weight }) => (at -= weight) < 0) ?? people[0]
    if (person.orders >= MOST_ORDERS_EACH) continue
    person.orders++
    left--
  }
}

/** The last order follows the last login by minutes; the earlier ones lie before it at the person's own rhythm. */
function orderTimes (person: Person): number[] {
  const last = Math.min(toSecond(person.lastLogin + between(3, 12) * MINUTE), END - MINUTE)
  const available = Math.floor((last - START) / DAY) - person.orders
  const span = Math.min(available, (person.orders - 1) * 20) * between(0.8, 1)
  const shares = Array.from({ length: person.orders - 1 }, () => between(0.5, 1.5))
  const sum = shares.reduce((a, b) => a + b, 0)
  const usualHour = new Date(last).getUTCHours()
  const times = [last]
  for (const share of shares) {
    const day = startOfDay(times[0]) - Math.max(1, Math.round(span * share / sum)) * DAY
    const hour = Math.max(6, Math.min(22, usualHour + whole(-3, 3)))
    times.unshift(day + hour * HOUR + whole(0, 3599) * SECOND)
  }
  return times
}

/** A believable life of one order, cut off at END: what has not happened yet is not in the history. */
function historyOf (created: number): Change[] {
  const history: Change[] = [{ status: 'pending', at: created }]
  const then = (status: string, low: number, high: number): void => {
    const at = toSecond(history[history.length - 1].at + between(low, high))
    history.push({ status, at })
  }
  const steps: Array<() => void> = [
    () => then('paid', MINUTE, 25 * MINUTE),
    () => { if (chance(0.8)) then('confirmed', 10 * MINUTE, 2 * HOUR) },
    () => then('processing', HOUR, 8 * HOUR),
    () => then('shipped', 6 * HOUR, 26 * HOUR),
    () => then('delivered', 18 * HOUR, 66 * HOUR)
  ]
  const run = (count: number): void => steps.slice(0, count).forEach((step) => step())
  const fate = random()
  if (fate < 0.05) {
    const paid = whole(0, 3)
    run(paid)
    then('cancelled', 20 * MINUTE, 5 * HOUR)
    if (paid > 0 && chance(0.6)) then('refunded', 4 * HOUR, 2 * DAY)
  } else if (fate < 0.07) {
    then('failed', 15 * MINUTE, HOUR) // the payment was refused
  } else if (fate < 0.08) {
    run(4)
    then('failed', 5 * DAY, 9 * DAY) // the parcel was lost
    then('refunded', DAY, 3 * DAY)
  } else if (fate < 0.15) {
    run(chance(0.85) ? 5 : 4) // a parcel may be sent back while it is still on its way
    then('return_requested', DAY, 9 * DAY)
    if (chance(0.1)) {
      then('delivered', 6 * HOUR, 3 * DAY) // the customer kept it after all
    } else {
      then('returned', 4 * DAY, 18 * DAY)
      then('refunded', 3 * DAY, 18 * DAY)
    }
  } else {
    run(5)
    if (fate < 0.165) then('refunded', DAY, 4 * DAY) // spoilt goods: money back, nothing to return
  }
  return history.filter(({ at }) => at <= END)
}

/** Two to eight different products, most of them the person's favourites. */
function basketOf (person: Person, products: number[]): number[] {
  const size = whole(2, 8)
  const basket = new Set<number>()
  while (basket.size < size) basket.add(chance(0.55) ? pick(person.favourites) : pick(products))
  return [...basket]
}

function trackingOf (order: Order): string[] {
  if (!order.history.some(({ status }) => status === 'shipped')) return ['', '', '']
  const carrier = pick(CARRIERS)
  const number = carrier.prefix + String(whole(0, 999_999_999)).padStart(9, '0')
  return [number, carrier.name, carrier.url + number]
}

const products = (await read('products.csv')).map((row) => Number(row.product_id))
const people = (await read('users_demo.csv')).map((row): Person => ({
  id: Number(row.user_id),
  lastLogin: Date.parse(row.last_login),
  weight: between(0.3, 1.7),
  orders: 2,
  favourites: Array.from({ length: FAVOURITES }, () => pick(products))
}))
dealOrders(people)

const orders: Order[] = []
for (const person of people) {
  const times = orderTimes(person)
  times.forEach((at, i) => {
    const sincePrior = i === 0 ? null : (startOfDay(at) - startOfDay(times[i - 1])) / DAY
    orders.push({ id: 0, person, number: i + 1, at, sincePrior, history: historyOf(at) })
  })
}
orders.sort((a, b) => a.at - b.at || a.person.id - b.person.id)
orders.forEach((order, i) => { order.id = FIRST_ORDER_ID + i })

const bought = new Map(people.map(({ id }) => [id, new Set<number>()]))
const items = orders.flatMap((order) => {
  const before = bought.get(order.person.id)!
  const basket = basketOf(order.person, products)
  const lines = basket.map((product, i) => [order.id, product, i + 1, before.has(product) ? 1 : 0])
  basket.forEach((product) => before.add(product))
  return lines
})

write('orders_demo_enriched.csv',
  'order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,days_since_prior_order,created_at,' +
  'tracking_number,shipping_carrier,tracking_url',
  orders.map((order) => {
    const date = new Date(order.at)
    const sincePrior = order.sincePrior === null ? '' : order.sincePrior.toFixed(1)
    return [order.id, order.person.id, 'prior', order.number, date.getUTCDay(), date.getUTCHours(), sincePrior,
      timestamp(order.at), ...trackingOf(order)]
  }))
write('order_items_demo.csv', 'order_id,product_id,add_to_cart_order,reordered', items)
write('orders_demo_status_history.csv', 'order_id,status,changed_at',
  orders.flatMap(({ id, history }) => history.map(({ status, at }) => [id, status, timestamp(at)])))

const latest: Record<string, number> = {}
for (const { history } of orders) {
  const { status } = history[history.length - 1]
  latest[status] = (latest[status] ?? 0) + 1
}
console.log('latest status:', Object.entries(latest).map(([status, count]) => `${status} ${count}`).join(', '))
