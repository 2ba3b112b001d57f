import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import t from 'tap'
import { makeUsers } from '../../scripts/trials/buyers.ts'
import { openOwnServer, STREAMING } from '../../scripts/trials/own-server.ts'
import { openStandby } from '../../scripts/trials/standby.ts'
import { all, until } from '../checks.ts'
import { openOwnShop, refuses, userId, type Shop } from '../helper.ts'
import { openWay } from '../way.ts'

t.setTimeout(900_000)

const server = await openOwnServer(STREAMING)
t.teardown(async () => await server.close())
const standby = await openStandby(server, 'one')
t.teardown(async () => await standby.close())
const way = await openWay(standby.url)
t.teardown(async () => await way.close())
const primary = postgres(server.url, { max: 2, onnotice: () => {} })
t.teardown(async () => await primary.end({ timeout: 1 }))

const withReplica = (lag = '2') => ({
  DATABASE_URL: server.url, READ_DATABASE_URL: way.url, MAX_REPLICA_LAG: lag, RATE_LIMIT: '0'
})

/** Waits until the standby has all that is committed now. */
async function catchUp (): Promise<void> {
  const [row] = await primary<{ at: string }[]>`select pg_current_wal_flush_lsn()::text as at`
  const isThere = async () => (await standby.sql`
    select from (select 1) s where pg_last_wal_replay_lsn() >= ${row!.at}::text::pg_lsn`).length > 0
  await until(isThere, 'the standby has it all')
}

/** Whether reads go to the replica: what is sent by the way to it. */
async function untilReadFrom (shop: Shop): Promise<void> {
  await until(async () => {
    const before = way.relayed()
    const { text } = await shop.call('GET', '/products?limit=40')
    return way.relayed() - before > text.length / 2
  }, 'the replica is read from')
}

const cityOf = async ({ call }: Shop, user: string, headers = {}): Promise<string> =>
  (await call('GET', `/users/${user}`, undefined, headers)).json.city

t.test('every write answers a Consistency-Token, and one that was none is refused', async (t) => {
  const shop = await openOwnShop(t, withReplica())
  const user = userId(1)
  const item = { product_id: 33 }
  const writes = [
    await shop.call('PUT', `/users/${user}`, { city: 'Rome' }),
    await shop.call('POST', `/carts/${user}/items`, item),
    await shop.call('POST', `/carts/${user}/checkout`),
    await shop.call('POST', '/orders', { user_id: user, items: [item] }),
    await shop.call('PATCH', '/api/v1/products/33', { price_cents: 3399 }),
    await shop.call('PUT', `/legacy/users/${user}`, { city: 'Oslo' })
  ]
  all(t, writes, ({ status, headers }) => status < 300 && /^[0-9a-f]{16}$/.test(headers['consistency-token'] ?? ''),
    'has one')
  const tokens = writes.map(({ headers }) => headers['consistency-token'])
  t.same(tokens, [...tokens].sort(), 'each is later than the one before')
  const read = await shop.call('GET', `/users/${user}`)
  t.notOk('consistency-token' in read.headers, 'a read has none')
  refuses(t, await shop.call('GET', '/products', undefined, { 'consistency-token': '0/1' }), 400, 'INVALID_INPUT')
  t.equal((await shop.call('GET', '/products', undefined, { 'consistency-token': 'f'.repeat(16) })).status, 200,
    'one of another database’s future is served by the primary')
})

t.test('reads of every domain go to the replica, and what this gateway wrote is read from the primary', async (t) => {
  const [one, other] = [await openOwnShop(t, withReplica('60')), await openOwnShop(t, withReplica('60'))]
  const user = userId(2)
  const first = await one.call('POST', '/orders', { user_id: user, items: [{ product_id: 33 }] })
  const order = first.json.data[0].order_id
  await one.call('PUT', `/carts/${user}`, { items: [{ product_id: 1, quantity: 1 }] })
  await one.call('PATCH', '/api/v1/products/1', { price_cents: 199 })
  await catchUp()
  await untilReadFrom(one)
  await untilReadFrom(other)
  await standby.pause()
  t.teardown(async () => await standby.resume().catch(() => {}))
  const writes = [
    await one.call('PUT', `/users/${user}`, { city: 'Lima' }),
    await one.call('PATCH', `/orders/${order}`, { tracking_number: 'T-1' }),
    await one.call('PUT', `/carts/${user}`, { items: [{ product_id: 1, quantity: 7 }] }),
    await one.call('PATCH', '/api/v1/products/1', { price_cents: 299 })
  ]
  all(t, writes, ({ status }) => status === 200, 'is written')
  const readAll = async ({ call }: Shop, headers = {}) => {
    const get = async (path: string) => (await call('GET', path, undefined, headers)).json
    const { data: [found] } = await get(`/orders/${order}`)
    const { data: [listed] } = await get(`/orders/user/${user}`)
    const { items: managed } = await get('/api/v1/products?limit=1')
    return {
      city: (await get(`/users/${user}`)).city,
      tracking: [found.tracking_number, listed.tracking_number],
      quantity: (await get(`/carts/${user}`)).total_quantity,
      price: (await get('/products/1')).price,
      managed: managed[0].price_cents
    }
  }
  const newer = { city: 'Lima', tracking: ['T-1', 'T-1'], quantity: 7, price: 2.99 }
  const older = { city: 'Springfield', tracking: [null, null], quantity: 1, price: 1.99, managed: 199 }
  t.match(await readAll(one), newer, 'by the gateway that wrote')
  t.match(await readAll(other), older, 'another one reads from the replica, all of it')
  const token = writes.at(-1)!.headers['consistency-token']!
  t.match(await readAll(other, { 'consistency-token': token }), { ...newer, managed: 299 }, 'unless it is told')
  const placed = await one.call('POST', '/orders', { user_id: user, items: [{ product_id: 33 }] })
  t.equal((await other.call('GET', placed.headers.location!)).status, 200, 'what the replica has not is looked for')
})

t.test('10,000 reads with tokens while the replica lags, pauses and goes on: none is stale', async (t) => {
  const [writer, reader] = [await openOwnShop(t, withReplica()), await openOwnShop(t, withReplica())]
  const users = await makeUsers(primary, 8)
  await catchUp()
  await untilReadFrom(reader)
  const READS = 10_000
  const seen = { reads: 0, stale: 0, failed: 0, without: 0, old: 0 }
  const before = way.relayed()
  const state = { isOver: false }

  /** One user, whom nobody else changes: so what must be read is known. */
  async function go (user: string): Promise<void> {
    const get = async (path: string, token?: string) => await reader.app.inject({
      url: path, headers: token === undefined ? {} : { 'consistency-token': token }
    })
    const put = async (path: string, payload: object) => await writer.app.inject({ method: 'PUT', url: path, payload })
    for (let n = 1; seen.reads < READS; n++) {
      const city = `City ${n}`
      await put(`/users/${user}`, { city })
      const { headers } = await put(`/carts/${user}`, { items: [{ product_id: 1, quantity: n }] })
      const token = String(headers['consistency-token'])
      const isOld = async (token?: string) => {
        const [profile, cart] = await Promise.all([get(`/users/${user}`, token), get(`/carts/${user}`, token)])
        if (profile.statusCode !== 200 || cart.statusCode !== 200) seen.failed++
        return profile.json().city !== city || cart.json().total_quantity !== n
      }
      seen.without += 2
      if (await isOld()) seen.old++
      for (let time = 0; time < 5; time++) {
        seen.reads += 2
        if (await isOld(token)) seen.stale++
      }
    }
  }
  const moods = (async () => {
    for (let n = 0; !state.isOver; n++) {
      if (n % 4 === 0) await standby.delay(20)
      if (n % 4 === 1) await standby.delay(200)
      if (n % 4 === 2) await standby.pause()
      await sleep(n % 4 === 2 ? 2500 : 1000)
      if (n % 4 === 2) await standby.resume()
      await standby.delay(0)
    }
  })()
  await Promise.all(users.map(go))
  state.isOver = true
  await moods
  t.ok(seen.reads >= READS, `${seen.reads} reads with a token`)
  t.equal(seen.stale, 0, 'none is older than its token')
  t.equal(seen.failed, 0, 'none fails')
  t.ok(seen.old > 10, `without a token ${seen.old} of ${seen.without / 2} are: the replica lags`)
  t.ok(way.relayed() - before > 100_000, `${way.relayed() - before} bytes are from the replica`)
})

t.test('what is read without a token is at most MAX_REPLICA_LAG old', async (t) => {
  const shop = await openOwnShop(t, withReplica())
  const user = userId(3)
  await catchUp()
  await untilReadFrom(shop)
  await standby.pause()
  await primary`update users.users set city = 'Paused' where external_user_id = ${user}`
  const written = performance.now()
  const answers: { at: number, city: string }[] = []
  while (performance.now() - written < 4000) {
    answers.push({ at: performance.now() - written, city: await cityOf(shop, user) })
    await sleep(20)
  }
  const old = answers.filter(({ city }) => city !== 'Paused')
  t.ok(old.length > 0, `${old.length} of ${answers.length} are from the replica`)
  all(t, answers, ({ at, city }) => at < 2000 || city === 'Paused', 'is new after 2 s')
  await standby.resume()
  await untilReadFrom(shop)
})

t.test('a replica that is frozen, away, paused or 10 s behind: no request fails, and it comes back', async (t) => {
  const shop = await openOwnShop(t, withReplica())
  const paths = [
    '/products?limit=5', '/products/1', '/departments', '/aisles', '/products?q=product', '/api/products',
    `/users/${userId(1)}`, `/carts/${userId(1)}`, '/orders?limit=5'
  ]
  const troubles = [
    { name: 'frozen', begin: async () => way.freeze(true), end: async () => way.thaw() },
    { name: 'away', begin: async () => await way.close(), end: async () => await way.reopen() },
    { name: 'paused', begin: async () => await standby.pause(), end: async () => await standby.resume() },
    { name: '10 s behind', begin: async () => await standby.delay(10_000), end: async () => await standby.delay(0) }
  ]
  for (const { name, begin, end } of troubles) {
    await catchUp()
    await untilReadFrom(shop)
    await begin()
    const answers: { path: string, status: number }[] = []
    const began = performance.now()
    await Promise.all(Array.from({ length: 6 }, async (_, n) => {
      for (let turn = n; performance.now() - began < 4000; turn++) {
        const path = paths[turn % paths.length]!
        // So that there is something to be behind of.
        if (n === 0) await primary`update users.users set city = ${String(turn)} where external_user_id = ${userId(4)}`
        answers.push({ path, status: (await shop.call('GET', path)).status })
      }
    }))
    all(t, answers, ({ status }) => status === 200, `${name}: answered`)
    await end()
    await untilReadFrom(shop)
    t.pass(`${name}: and read from again`)
  }
})

t.test('one that was promoted by mistake goes its own way and is not read', async (t) => {
  const strayed = await openStandby(server, 'strayed')
  t.teardown(async () => await strayed.close())
  const shop = await openOwnShop(t, { ...withReplica(), READ_DATABASE_URL: strayed.url })
  await strayed.promote()
  await strayed.sql`update users.users set city = 'Nowhere' where external_user_id = ${userId(5)}`
  // Its log grows past the primary's.
  await strayed.sql`select pg_switch_wal()`
  // Which is noticed when it is asked next.
  await until(async () => await cityOf(shop, userId(5)) !== 'Nowhere', 'it is left out')
  const cities: string[] = []
  for (let n = 0; n < 200; n++) {
    cities.push(await cityOf(shop, userId(5)))
    await sleep(10)
  }
  all(t, cities, (city) => city !== 'Nowhere', 'is the primary’s')
})
