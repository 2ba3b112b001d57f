import { setTimeout as sleep } from 'node:timers/promises'
import type { Sql } from 'postgres'
import t from 'tap'
import { freshDatabase, openOwnShop } from '../helper.ts'
import { openWay } from '../way.ts'

t.setTimeout(120_000)

/** Section 13 of the contract, in ms. */
const ANSWER_WITHIN = 6000
const BACK_WITHIN = 3000

/** Without temporary files, whose limit it would meet sooner than its time on a machine that has nothing else to do. */
const ENDLESS = { sql: `select count(*) from ${Array.from('abcdefgh', (name) => `products ${name}`).join(', ')}` }
const SHORT = { sql: 'select 1 as x' }

/** How many statements run on the lane. */
const running = async (sql: Sql) => (await sql`
  select from pg_stat_activity where datname = current_database() and state = 'active'
  and application_name = 'db-service query'`).length

async function until (condition: () => Promise<boolean>, ms: number): Promise<boolean> {
  const end = performance.now() + ms
  while (performance.now() < end) {
    if (await condition()) return true
    await sleep(20)
  }
  return false
}

t.test('connections of /query that say nothing any more', async (t) => {
  const way = await openWay(await freshDatabase(t))
  t.teardown(async () => await way.close())
  const { call } = await openOwnShop(t, { DATABASE_URL: way.url })
  const timed = async (body: object) => {
    const began = performance.now()
    const { status } = await call('POST', '/query', body)
    return { status, ms: performance.now() - began }
  }
  await Promise.all([timed(SHORT), timed(SHORT)])
  way.freeze()
  for (const { status, ms } of await Promise.all([timed(SHORT), timed(SHORT)])) {
    t.equal(status, 200, 'at rest: another one is made')
    t.ok(ms < BACK_WITHIN, `${ms.toFixed()} ms`)
  }
  way.freezeAt('ROLLBACK')
  for (const { status } of await Promise.all([timed(SHORT), timed(SHORT)])) {
    t.equal(status, 200, 'the answer has come, its end is not heard any more')
  }
  way.thaw()
  for (const { status, ms } of await Promise.all([timed(SHORT), timed(SHORT)])) {
    t.equal(status, 200, 'behind an answer: another one is made')
    t.ok(ms < BACK_WITHIN, `${ms.toFixed()} ms`)
  }
  const both = [timed(ENDLESS), timed(ENDLESS)]
  await sleep(500)
  way.freeze()
  for (const { status, ms } of await Promise.all(both)) {
    t.equal(status, 408, 'under way: the time is over')
    t.ok(ms < ANSWER_WITHIN, `${ms.toFixed()} ms`)
  }
  const since = performance.now()
  t.ok(await until(async () => (await timed(SHORT)).status === 200, 5000))
  t.ok(performance.now() - since < BACK_WITHIN, `back after ${(performance.now() - since).toFixed()} ms`)
  way.freeze(true)
  for (const { status, ms } of await Promise.all([timed(SHORT), timed(SHORT), timed(SHORT)])) {
    t.equal(status, 503, 'new ones as well')
    t.ok(ms < ANSWER_WITHIN, `${ms.toFixed()} ms`)
  }
})

t.test('statements of callers who hang up', async (t) => {
  const { app, sql } = await openOwnShop(t)
  const base = await app.listen({ host: '127.0.0.1', port: 0 })
  const ask = async (body: object, signal?: AbortSignal) => await fetch(`${base}/query`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), ...signal && { signal }
  }).then(({ status }) => status, () => 'gone')
  const leaving = new AbortController()
  const asked = Array.from({ length: 40 }, async () => await ask(ENDLESS, leaving.signal))
  t.ok(await until(async () => await running(sql) === 2, 3000), 'two run, the others wait')
  const left = performance.now()
  leaving.abort()
  t.same(new Set(await Promise.all(asked)), new Set(['gone']))
  t.equal(await ask(SHORT), 200, 'there is room again')
  t.ok(await until(async () => await running(sql) === 0, 5000))
  t.ok(performance.now() - left < 2000, `all is over after ${(performance.now() - left).toFixed()} ms`)
})

t.test('a statement that waited its turn is answered in time, too', async (t) => {
  const { call } = await openOwnShop(t)
  const timed = async () => {
    const began = performance.now()
    const { status } = await call('POST', '/query', ENDLESS)
    return { status, ms: performance.now() - began }
  }
  const short = Promise.all([1, 2].map(
    async () => await call('POST', '/query', { sql: 'select count(*) from generate_series(1, 2500000) n' })
  ))
  const answers = await Promise.all([timed(), timed()])
  await short
  for (const { status, ms } of answers) {
    t.ok([408, 503].includes(status), String(status))
    t.ok(ms < ANSWER_WITHIN, `${ms.toFixed()} ms`)
  }
})
