import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import type { Verdict } from '../drill.ts'
import { openBalancer, type Passed } from '../trials/balancer.ts'
import { runTrial, type Gateway } from '../trials/harness.ts'
import { freePort } from '../trials/own-server.ts'
import { brokenLaws } from '../trials/laws.ts'
import { commitBefore } from '../trials/release-before.ts'
import { makeUsers } from '../trials/buyers.ts'

export const summary =
  'two gateways are restarted in turn under load, from the commit before to this one and back, behind a balancer'

const RATE = 200
const BETWEEN_MS = 500

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  await runTrial(async ({ url, sql: admin, startGateway, teardown }) => {
    const before = commitBefore(teardown)
    // An empty database, so that the commit before makes its own schema.
    const there = new URL(url)
    there.pathname += '_deploy'
    const name = there.pathname.slice(1)
    await admin.unsafe(`create database ${name} template template0`)
    teardown(async () => {
      await admin.unsafe(`drop database if exists ${name} with (force)`)
      await admin.unsafe(`drop role if exists db_service_query_${name}, db_service_legacy_query_${name}`)
    })
    const settings = { DATABASE_URL: there.href, RATE_LIMIT: '0', DRAIN_SECONDS: '1' }
    const ports = [await freePort(), await freePort()]
    const start = async (n: number, folder: string | null): Promise<Gateway> =>
      await startGateway(settings, { port: ports[n]!, ...folder !== null && { folder } })
    const gateways = [await start(0, before), await start(1, before)]
    const sql = postgres(there.href, { max: 2, onnotice: () => {} })
    teardown(async () => await sql.end({ timeout: 5 }))
    await sql.unsafe(await readFile(join(import.meta.dirname, '../../test/fixture.sql'), 'utf8')).simple()
    const users = await makeUsers(sql, 100)

    const balancer = openBalancer(gateways.map(({ address }) => address))
    teardown(async () => await balancer.close())
    while (balancer.ready().length < 2) await sleep(20)
    const passed: Passed[] = []
    const state = { isOver: false }
    const pending = new Set<Promise<void>>()
    const since = performance.now()
    const one = async (n: number) => {
      const user = users[n % users.length]!
      const order = async () => await balancer.send('POST', '/orders', {
        user_id: user, items: [{ product_id: n % 30 + 1, quantity: 1 }]
      }, { 'idempotency-key': randomUUID() })
      const kinds = [
        order, async () => await balancer.send('GET', `/products/${n % 30 + 1}`),
        async () => await balancer.send('GET', '/products?limit=10'),
        async () => await balancer.send('GET', `/users/${user}`),
        async () => await balancer.send('GET', `/orders/user/${user}?limit=5`)
      ]
      passed.push(await kinds[n % kinds.length]!())
    }
    const sending = (async () => {
      for (let n = 0; !state.isOver; n++) {
        const task: Promise<void> = one(n).finally(() => pending.delete(task))
        pending.add(task)
        await sleep(Math.max(0, since + n * 1000 / RATE - performance.now()))
      }
      await Promise.all(pending)
    })()

    // From before to now, back, and to now again; the rest stays now.
    const folders = before === null ? [null] : [null, before, null]
    const rounds = isShort ? folders : Array.from({ length: 10 }, (_, n) => folders[n] ?? null)
    for (const folder of rounds) {
      for (const n of [0, 1]) {
        const gateway = gateways[n]!
        await gateway.stop()
        gateways[n] = await start(n, folder)
        while (balancer.ready().length < 2) await sleep(20)
        await sleep(BETWEEN_MS)
      }
    }
    state.isOver = true
    await sending
    const seconds = (performance.now() - since) / 1000
    const failed = passed.filter(({ status }) => status !== 200 && status !== 201)
    const way = before === null
      ? ' (the commit before is not there to be tried)'
      : ', to this commit from the one before, back, and to this'
    const faults = failed.slice(0, 3)
      .map(({ path, status, text, fault }) => `; ${path}: ${status} ${fault ?? text.slice(0, 200)}`)
    verdicts.push({
      done: `${2 * rounds.length} restarts in turn of two gateways at ${RATE} requests a second${way}`,
      expected: 'no request fails',
      seen: `${failed.length} of ${passed.length} failed, ${(passed.length / seconds).toFixed()} a second` +
        faults.join(''),
      holds: failed.length === 0
    })
    const laws = await brokenLaws(sql)
    verdicts.push({
      done: 'the shop’s laws afterwards', expected: 'all hold', seen: laws || 'all hold', holds: laws === ''
    })
  })
  return verdicts
}
