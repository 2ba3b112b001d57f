import { setTimeout as sleep } from 'node:timers/promises'
import type { Verdict } from '../drill.ts'
import { makeUsers } from '../trials/buyers.ts'
import { runTrial } from '../trials/harness.ts'
import { brokenLaws } from '../trials/laws.ts'
import { percentile, send, type Sent } from '../trials/requests.ts'

export const summary = 'half of what a gateway can do, for long: errors, and whether its memory grows'

/** A megabyte a minute is a gigabyte in a day. */
const SLOPE_MB_A_MINUTE = 1
const CALLERS = 16

/** How much y grows with x: the line that fits best. */
function slopeOf (points: { x: number, y: number }[]): number {
  const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length
  const [x, y] = [mean(points.map((point) => point.x)), mean(points.map((point) => point.y))]
  return points.reduce((sum, point) => sum + (point.x - x) * (point.y - y), 0) /
    points.reduce((sum, point) => sum + (point.x - x) ** 2, 0)
}

/**
 * The least of each tenth: what is left after the collector has been. In between memory goes up and down by a hundred
 * megabytes.
 */
function leastOf (points: { x: number, y: number }[]): { x: number, y: number }[] {
  const size = Math.ceil(points.length / 10)
  return Array.from({ length: Math.ceil(points.length / size) }, (_, n) =>
    points.slice(n * size, (n + 1) * size).reduce((least, point) => point.y < least.y ? point : least))
}

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const minutes = isShort ? 3 : 30
  await runTrial(async ({ sql, startGateways }) => {
    const [base] = await startGateways(1, { RATE_LIMIT: '0' })
    const users = await makeUsers(sql, 1000)
    let turn = 0
    /** What a shop does, mostly reading. */
    async function one (): Promise<Sent> {
      const n = turn++
      const user = users[n % users.length]!
      const product = n % 30 + 1
      switch (n % 10) {
        case 0: return await send(base!, 'POST', '/orders', { user_id: user, items: [{ product_id: product }] })
        case 1: return await send(base!, 'POST', `/carts/${user}/items`, { product_id: product, quantity: 1 })
        case 2: return await send(base!, 'GET', `/carts/${users[(n - 1) % users.length]}`)
        case 3: return await send(base!, 'GET', `/orders/user/${user}?limit=5`)
        case 4: return await send(base!, 'GET', `/users/${user}`)
        case 5: return await send(base!, 'GET', '/products?q=product&limit=5')
        case 6: return await send(base!, 'GET', '/orders?limit=5')
        default: return await send(base!, 'GET', `/products/${product}`)
      }
    }
    /** As fast as they are answered, or so many a second. */
    async function load (ms: number, rate = Infinity): Promise<Sent[]> {
      const sent: Sent[] = []
      const since = performance.now()
      let started = 0
      await Promise.all(Array.from({ length: CALLERS }, async () => {
        while (performance.now() - since < ms) {
          if (rate !== Infinity) await sleep(Math.max(0, since + started++ * 1000 / rate - performance.now()))
          sent.push(await one())
        }
      }))
      return sent
    }
    await load(5000)
    const most = (await load(5000)).length / 5
    const memory: { x: number, y: number }[] = []
    const state = { isOver: false }
    const since = performance.now()
    const watching = (async () => {
      while (!state.isOver) {
        const text = await (await fetch(`${base}/metrics`)).text()
        memory.push({
          x: (performance.now() - since) / 60_000,
          y: Number(/^process_resident_memory_bytes (\S+)/m.exec(text)![1]) / 1e6
        })
        await sleep(1000)
      }
    })()
    const sent = await load(minutes * 60_000, most / 2)
    state.isOver = true
    await watching
    const failed = sent.filter(({ status }) => status >= 400 || status === 0)
    // The heap finds its size in the first third.
    const settled = memory.filter(({ x }) => x > minutes / 3)
    const slope = slopeOf(leastOf(settled))
    verdicts.push({
      done: `${(sent.length / minutes / 60).toFixed()} requests a second for ${minutes} minutes; the most are ` +
        `${most.toFixed()}`,
      expected: 'no error',
      seen: `${failed.length} of ${sent.length} failed; median ${percentile(sent, 0.5).toFixed(1)} ms, ` +
        `p99 ${percentile(sent, 0.99).toFixed()} ms`,
      holds: failed.length === 0
    }, {
      done: 'the memory of the gateway after the first third',
      expected: `grows by less than ${SLOPE_MB_A_MINUTE} MB a minute`,
      seen: `${slope.toFixed(2)} MB a minute; ${Math.min(...settled.map(({ y }) => y)).toFixed()} to ` +
        `${Math.max(...settled.map(({ y }) => y)).toFixed()} MB`,
      holds: slope < SLOPE_MB_A_MINUTE
    })
    const laws = await brokenLaws(sql)
    verdicts.push({
      done: 'the shop’s laws afterwards', expected: 'all hold', seen: laws || 'all hold', holds: laws === ''
    })
  })
  return verdicts
}
