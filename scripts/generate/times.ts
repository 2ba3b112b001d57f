import type { Random } from './random.ts'

/** When people order, and what becomes of an order. */

export const DAY = 86_400_000
const HOUR = 3_600_000
const MINUTE = 60_000

/** Nothing is later; a Saturday. */
export const END = Date.UTC(2026, 9, 31, 20)

/** Sunday first: most orders come at the week's turn. */
const WEEKDAYS = [60, 59, 47, 44, 43, 45, 45]
const BUSIEST = Math.max(...WEEKDAYS)

const HOURS = [2, 1, 1, 1, 1, 2, 6, 16, 30, 44, 50, 49, 47, 48, 49, 49, 47, 40, 32, 24, 18, 14, 10, 6]

/** Days between two orders of one user: often whole weeks, or a month. */
function gap (random: Random): number {
  if (random.chance(0.35)) return 7 * (1 + random.weighted([60, 25, 10, 5]))
  if (random.chance(0.12)) return 30
  return Math.min(30, 1 + Math.floor(-9 * Math.log(1 - random.next())))
}

const weekday = (day: number) => (day + 4) % 7

/** The days of so many orders, the last at most a month before the end; each a number of days since 1970. */
export function orderDays (random: Random, count: number): number[] {
  const days: number[] = []
  let next = Math.floor(END / DAY)
  for (let n = 0; n < count; n++) {
    let day = next - gap(random)
    // A day that few order on is mostly thought over; not for ever.
    for (let tries = 0; tries < 4 && !random.chance(WEEKDAYS[weekday(day)]! / BUSIEST); tries++) {
      day = next - gap(random)
    }
    days.unshift(day)
    next = day
  }
  return days
}

/** The moment of an order on a day. */
export const momentOn = (random: Random, day: number): number => day * DAY + random.weighted(HOURS) * HOUR +
  random.whole(0, 3599) * 1000

/** What became of an order, until the end. */
export function historyOf (random: Random, created: number): [status: string, at: number][] {
  const history: [string, number][] = [['pending', created]]
  let at = created
  const then = (status: string, least: number, most: number) => {
    at += Math.floor((least + random.next() * (most - least)) / 1000) * 1000
    if (at <= END) history.push([status, at])
  }
  const fate = random.next()
  then('paid', MINUTE, 30 * MINUTE)
  if (fate < 0.03) {
    then('cancelled', 20 * MINUTE, 5 * HOUR)
    return history
  }
  then('processing', HOUR, 8 * HOUR)
  then('shipped', 6 * HOUR, 30 * HOUR)
  then('delivered', 18 * HOUR, 66 * HOUR)
  if (fate > 0.97) {
    then('return_requested', DAY, 9 * DAY)
    then('returned', 4 * DAY, 14 * DAY)
    then('refunded', DAY, 10 * DAY)
  }
  return history
}
