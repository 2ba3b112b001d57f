import { Random, scattered, Shares } from './random.ts'
import { historyOf, momentOn, orderDays } from './times.ts'
import { cell, Csv, moment } from './writer.ts'
import { CITIES, COUNTRIES, FIRST_NAMES, LAST_NAMES, STREETS } from './words.ts'

export interface Size { orders: number, users: number, products: number }

/** What each of the streams of random numbers is for; 1 is the catalogue's. */
const [KEENNESS, BASKET, PERSON, BUYING] = [2, 3, 4, 5] as const

/** Items of 3,421,083 orders, as the shop has whose shape this follows. */
const ITEMS_PER_ORDER = 33_819_106 / 3_421_083

/** How likely an item is one that the user has bought before, where there are such. */
const AGAIN = 0.62

/**
 * Zipf's law, flattened at its head: of 49,688 products the first is about every 55th item that is bought for the first
 * time.
 */
const HEAD = 6

/** Few buy much: how keen somebody is, beside others. Bounded, so that nobody orders every day. */
const keenness = (seed: number, user: number) => Math.min(6.5,
  Math.exp(0.95 * new Random(seed, KEENNESS, user).normal()))
const appetite = (seed: number, order: number) => Math.min(12,
  Math.exp(0.75 * new Random(seed, BASKET, order).normal()))

const total = (count: number, weight: (place: number) => number) => {
  let sum = 0
  for (let place = 0; place < count; place++) sum += weight(place)
  return sum
}

/** Products by rank, and how likely each rank or one before it is. */
function popularity (products: number) {
  const walk = scattered(products)
  const ids = Int32Array.from({ length: products }, (_, rank) => 1 + walk(rank))
  const until = new Float64Array(products)
  let sum = 0
  for (let rank = 0; rank < products; rank++) until[rank] = sum += 1 / (rank + HEAD)
  return (random: Random): number => {
    const at = random.next() * sum
    let [low, high] = [0, products - 1]
    while (low < high) {
      const middle = (low + high) >> 1
      if (until[middle]! > at) high = middle
      else low = middle + 1
    }
    return ids[low]!
  }
}

const CARRIERS = ['Parcel Pelican', 'Swiftwing', 'Harbour Post']

/**
 * Writes users, their orders, the items and the status history, user by user: nothing is kept but the one user's own.
 * Two passes over the numbers beforehand share out orders and items exactly.
 */
export async function writeOrders (
  dir: string, { orders, users, products }: Size, seed: number, isPacked: boolean, tell: (orders: number) => void
): Promise<Record<string, number>> {
  const files = {
    users: new Csv(dir, 'users_demo.csv',
      'user_id,first_name,last_name,email_address,phone_number,street_address,city,postal_code,country,last_login',
      isPacked),
    orders: new Csv(dir, 'orders_demo_enriched.csv',
      'order_id,user_id,eval_set,order_number,order_dow,order_hour_of_day,days_since_prior_order,' +
        'created_at,tracking_number,shipping_carrier,tracking_url',
      isPacked),
    items: new Csv(dir, 'order_items_demo.csv', 'order_id,product_id,add_to_cart_order,reordered', isPacked),
    history: new Csv(dir, 'orders_demo_status_history.csv', 'order_id,status,changed_at', isPacked)
  }
  const byRank = popularity(products)
  const orderId = scattered(orders)
  // Everybody orders once where there are enough orders; the rest goes by how keen people are. Each order has one item,
  // and more by appetite.
  const each = orders >= users ? 1 : 0
  const more = new Shares(orders - each * users, total(users, (user) => keenness(seed, user)))
  const items = new Shares(Math.round(orders * ITEMS_PER_ORDER) - orders,
    total(orders, (order) => appetite(seed, order)))

  let done = 0
  for (let user = 0; user < users; user++) {
    const random = new Random(seed, BUYING, user)
    const days = orderDays(random, each + more.next(keenness(seed, user)))
    const known = new Set<number>()
    const bought: number[] = []
    let last = 0
    for (const [n, day] of days.entries()) {
      const id = 1 + orderId(done)
      const at = last = momentOn(random, day)
      const history = historyOf(random, at)
      const basket = fill(random, Math.min(products, 1 + items.next(appetite(seed, done))), bought, byRank, products)
      for (const [position, product] of basket.entries()) {
        const wait = files.items.add(`${id},${product},${position + 1},${known.has(product) ? 1 : 0}`)
        if (wait) await wait
      }
      for (const product of basket) {
        known.add(product)
        bought.push(product)
      }
      for (const [status, changed] of history) await files.history.add(`${id},${status},${moment(changed)}`)
      const date = new Date(at)
      await files.orders.add([
        id, user + 1, n === days.length - 1 ? 'train' : 'prior', n + 1, date.getUTCDay(), date.getUTCHours(),
        n === 0 ? '' : `${day - days[n - 1]!}.0`,
        moment(at), trackingOf(random, history)
      ].join(','))
      if (++done % 1000 === 0) tell(done)
    }
    await files.users.add(person(new Random(seed, PERSON, user), user + 1, last))
  }
  tell(done)
  for (const file of Object.values(files)) await file.end()
  return Object.fromEntries(Object.entries(files).map(([name, { rows }]) => [name, rows]))
}

/** Different products, many of them bought before. */
function fill (
  random: Random, size: number, bought: number[], byRank: (random: Random) => number, products: number
): number[] {
  const basket = new Set<number>()
  // In a small shop the popular ones are soon all taken; then whatever comes next.
  for (let tries = 0; basket.size < size; tries++) {
    let product = bought.length > 0 && random.chance(AGAIN) ? random.pick(bought) : byRank(random)
    if (tries > 4 * size) while (basket.has(product)) product = product % products + 1
    basket.add(product)
  }
  return [...basket]
}

function trackingOf (random: Random, history: [string, number][]): string {
  if (!history.some(([status]) => status === 'shipped')) return ',,'
  const carrier = random.whole(0, CARRIERS.length - 1)
  const number = `${'PSH'[carrier]}${String(random.whole(0, 999_999_999)).padStart(9, '0')}`
  return `${number},${CARRIERS[carrier]},https://track.example.com/${number}`
}

function person (random: Random, id: number, lastOrder: number): string {
  const [first, last] = [random.pick(FIRST_NAMES), random.pick(LAST_NAMES)]
  // After the order; somebody without orders has never come.
  const lastLogin = lastOrder === 0 ? '' : moment(lastOrder + random.whole(1, 50) * 60_000)
  return [
    id, first, last, `${first}.${last}.${id}@example.com`.toLowerCase(), `555-${String(id).padStart(6, '0')}`,
    cell(`${random.whole(1, 199)} ${random.pick(STREETS)}`), random.pick(CITIES), String(random.whole(10_000, 99_999)),
    random.pick(COUNTRIES), lastLogin
  ].join(',')
}
