import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { all } from '../checks.ts'
import { freshDatabase, openOwnShop, userId, type Shop } from '../helper.ts'
import { openWay, type Way } from '../way.ts'
import { time, type Timed } from './timed.ts'

/** Section 13 of the contract, in ms. */
const ANSWER_WITHIN = 6000
const BACK_WITHIN = 3000

async function shopBehind (t: Test, settings = {}): Promise<{ shop: Shop, way: Way, url: string }> {
  const url = await freshDatabase(t)
  const way = await openWay(url)
  t.teardown(async () => await way.close())
  return { shop: await openOwnShop(t, { DATABASE_URL: way.url, ...settings }), way, url }
}

/**
 * Sends requests without pause, a few at a time, until one of them succeeds; gives how long that took, and the slowest
 * answer.
 */
async function untilBack (shop: Shop, since: number): Promise<{ back: number, slowest: number }> {
  let back = Infinity
  let slowest = 0
  await Promise.all(Array.from({ length: 4 }, async () => {
    while (back === Infinity && performance.now() - since < 20_000) {
      const { status, ms } = await time(shop, 'GET', '/products/1')
      slowest = Math.max(slowest, ms)
      if (status === 200) back = Math.min(back, performance.now() - since)
      else await sleep(20)
    }
  }))
  return { back, slowest }
}

t.test('connections that say nothing any more, while new ones work', async (t) => {
  const { shop, way } = await shopBehind(t)
  await Promise.all(Array.from({ length: 30 }, async () => await time(shop, 'GET', '/products')))
  const before = way.open()
  t.ok(before >= 5, `${before} connections are frozen`)
  way.freeze()
  const frozen = performance.now()
  const { back, slowest } = await untilBack(shop, frozen)
  t.ok(back < BACK_WITHIN, `back after ${back.toFixed()} ms`)
  t.ok(slowest < ANSWER_WITHIN, `the slowest answer took ${slowest.toFixed()} ms`)
  // Those at rest are found within 2 s: one second, and one more for the answer.
  await sleep(Math.max(0, frozen + BACK_WITHIN - performance.now()))
  const after = await Promise.all(Array.from({ length: 30 }, async () => await time(shop, 'GET', '/products/1')))
  all(t, after, ({ status }) => status === 200, 'no place is lost')
  t.equal((await time(shop, 'POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] })).status, 201)
})

t.test('connections that died while nobody used them', async (t) => {
  const { shop, way } = await shopBehind(t)
  await Promise.all(Array.from({ length: 30 }, async () => await time(shop, 'GET', '/products')))
  way.freeze()
  await sleep(BACK_WITHIN)
  const answers = await Promise.all(Array.from({ length: 30 }, async () => await time(shop, 'GET', '/products/1')))
  all(t, answers, ({ status }) => status === 200, 'every request is answered')
})

t.test('a database that says nothing at all, for a while', async (t) => {
  const { shop, way } = await shopBehind(t)
  t.equal((await time(shop, 'GET', '/products/1')).status, 200)
  way.freeze(true)
  const answers: Timed[] = []
  const end = performance.now() + 8000
  await Promise.all(Array.from({ length: 20 }, async () => {
    while (performance.now() < end) {
      answers.push(await time(shop, 'GET', '/products/1'),
        await time(shop, 'POST', '/users/login', { email_address: 'user1@example.com', password: 'password' }))
    }
  }))
  const slowest = Math.max(...answers.map(({ ms }) => ms))
  t.ok(slowest < ANSWER_WITHIN, `the slowest of ${answers.length} answers took ${slowest.toFixed()} ms`)
  t.match(await time(shop, 'GET', '/readyz'), { status: 503, code: 'DATABASE_UNAVAILABLE' })
  t.equal((await time(shop, 'GET', '/livez')).status, 200)
  way.thaw()
  const { back } = await untilBack(shop, performance.now())
  t.ok(back < BACK_WITHIN, `back after ${back.toFixed()} ms`)
})

t.test('a frozen replica: no error, and it comes back by itself', async (t) => {
  const url = await freshDatabase(t)
  const way = await openWay(url)
  t.teardown(async () => await way.close())
  const shop = await openOwnShop(t, { DATABASE_URL: url, READ_DATABASE_URL: way.url })
  await Promise.all(Array.from({ length: 30 }, async () => await time(shop, 'GET', '/products')))
  for (const newOnes of [false, true]) {
    way.freeze(newOnes)
    const frozen = performance.now()
    const answers: Timed[] = []
    let leftOut = Infinity
    while (performance.now() - frozen < 3000) {
      const batch = await Promise.all(Array.from({ length: 10 }, async () => await time(shop, 'GET', '/products')))
      answers.push(...batch)
      const slowest = Math.max(...batch.map(({ ms }) => ms))
      if (slowest < 300) leftOut = Math.min(leftOut, performance.now() - frozen)
    }
    all(t, answers, ({ status }) => status === 200, 'every request is answered')
    t.comment(
      `left out after ${leftOut.toFixed()} ms; the slowest of ${answers.length} took ` +
        `${Math.max(...answers.map(({ ms }) => ms)).toFixed()} ms`
    )
  }
  way.thaw()
  await sleep(2500)
  const before = way.relayed()
  await Promise.all(Array.from({ length: 30 }, async () => await time(shop, 'GET', '/products')))
  t.ok(way.relayed() - before > 30 * 1000, `read from again: ${way.relayed() - before} bytes`)
})

t.test('callers that hang up', async (t) => {
  const log: { path?: string, status?: number }[] = []
  const stream = new Writable({
    write (chunk, _encoding, done) {
      // Lines of requests that end together are written together.
      log.push(...String(chunk).trimEnd().split('\n').map((line) => JSON.parse(line)))
      done()
    }
  })
  const shop = await openOwnShop(t, { RATE_LIMIT: '0', LOG_LEVEL: 'info' }, stream)
  const { app, sql } = shop
  // So many that a search takes its time.
  await sql`insert into products.products (product_id, product_name)
    select 100000 + n, 'a large and rather amazing banana ' || n from generate_series(1, 150000) n`
  const base = await app.listen({ host: '127.0.0.1', port: 0 })
  const began = performance.now()
  t.equal((await fetch(`${base}/products?q=a`)).status, 200)
  t.comment(`a search takes ${(performance.now() - began).toFixed()} ms`)
  const controllers = Array.from({ length: 100 }, () => new AbortController())
  let come = 0
  const allCame = new Promise<void>((resolve) => app.server.on('request', () => {
    if (++come === controllers.length) {
      resolve()
    }
  }))
  const requests = controllers.map(
    async ({ signal }) => await fetch(`${base}/products?q=a`, { signal }).then(({ status }) => status, () => 'gone')
  )
  await allCame
  for (const controller of controllers) controller.abort()
  const gone = (await Promise.all(requests)).filter((status) => status === 'gone').length
  const left = performance.now()
  t.equal((await fetch(`${base}/users/${userId(1)}`)).status, 200, 'another one is answered')
  t.comment(`after ${(performance.now() - left).toFixed()} ms`)
  for (;;) {
    const running =
      await sql`select from pg_stat_activity where datname = current_database() and state = 'active'
        and query like '%product_name%' and pid <> pg_backend_pid()`
    if (running.length === 0) break
    await sleep(20)
  }
  const quiet = performance.now() - left
  t.ok(quiet < 2000, `nothing of theirs runs any more ${quiet.toFixed()} ms later`)
  const ended = () => log.filter(({ path }) => path === '/products').map(({ status }) => status)
  for (let tries = 0; tries < 100 && ended().length < 101; tries++) await sleep(20)
  t.same(new Set(ended()), new Set([200, 499]))
  // What ran may have been answered in the moment in which its caller left.
  t.ok(ended().filter((status) => status === 499).length >= gone - 10, 'the log says that they hung up')
})
