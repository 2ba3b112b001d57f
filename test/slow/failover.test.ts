import t, { type Test } from 'tap'
import { openOwnServer, STREAMING } from '../../scripts/trials/own-server.ts'
import { addressOf, openStandby } from '../../scripts/trials/standby.ts'
import { until } from '../checks.ts'
import { openOwnShop, userId, type Shop } from '../helper.ts'
import { openWay } from '../way.ts'

t.setTimeout(600_000)

/** What each needs a connection of its own for: reads, writes, /query, probes. */
async function statusesOf ({ call }: Shop): Promise<string> {
  const answers = [
    await call('GET', '/products/1'), await call('GET', `/users/${userId(1)}`),
    await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] }),
    await call('POST', '/query', { sql: 'select 1 as x' }), await call('GET', '/readyz')
  ]
  return answers.map(({ status }) => status).join()
}
const WORKS = '200,200,201,200,200'

async function open (t: Test) {
  const server = await openOwnServer(STREAMING)
  t.teardown(async () => await server.close())
  const standby = await openStandby(server, 'one', { isSynchronous: true })
  t.teardown(async () => await standby.close())
  return { server, standby }
}

/** pg-boss's connections to a server, which hand out ticks. */
const bossesOn = async ({ sql }: { sql: Shop['sql'] }) => (await sql`
  select from pg_stat_activity where application_name = 'db-service jobs'`).length

t.test('the primary is killed, its standby promoted: all of the gateway finds it', async (t) => {
  const { server, standby } = await open(t)
  // The standby first, and read from: neither makes it the primary before it is.
  const shop = await openOwnShop(t, {
    DATABASE_URL: addressOf(standby.url, server.url), READ_DATABASE_URL: standby.url, REMINDER_CRON: '* * * * *'
  })
  t.equal(await statusesOf(shop), WORKS)
  t.equal(await bossesOn(standby), 0)
  const { headers } = await shop.call('PUT', `/users/${userId(2)}`, { city: 'Kept' })
  await server.kill()
  t.match(await shop.call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] }), { status: 503 })
  const isCatalogueThere = async () => (await shop.call('GET', '/products/2')).status === 200
  await until(isCatalogueThere, 'the catalogue is read from the replica meanwhile')
  await standby.promote()
  const promoted = performance.now()
  await until(async () => await statusesOf(shop) === WORKS, 'all faces are back')
  t.comment(`after ${(performance.now() - promoted).toFixed()} ms`)
  t.equal(await statusesOf(shop), WORKS, 'and stay')
  const read = await shop.call('GET', `/users/${userId(2)}`, undefined, {
    'consistency-token': headers['consistency-token']!
  })
  t.equal(read.json.city, 'Kept', 'a token from before the failover')
  await until(async () => await bossesOn(standby) > 0, 'ticks are handed out by the new primary')
})

t.test('the primary says nothing any more, its standby is promoted', async (t) => {
  const { server, standby } = await open(t)
  const way = await openWay(server.url)
  t.teardown(async () => await way.close())
  const shop = await openOwnShop(t, { DATABASE_URL: addressOf(way.url, standby.url) })
  t.equal(await statusesOf(shop), WORKS)
  way.freeze(true)
  await standby.promote()
  const promoted = performance.now()
  await until(async () => await statusesOf(shop) === WORKS, 'all faces are back')
  t.comment(`after ${(performance.now() - promoted).toFixed()} ms`)
  t.equal(await statusesOf(shop), WORKS, 'and stay')
  await until(async () => await bossesOn(standby) > 0, 'ticks are handed out by the new primary')
})
