import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import postgres from 'postgres'
import { BOUNCER, bounce, setLimits } from '../../test/bouncer.ts'
import { dropDatabase } from '../../test/server.ts'
import type { Verdict } from '../drill.ts'
import { runTrial, type Trial } from '../trials/harness.ts'
import { brokenLaws } from '../trials/laws.ts'

export const summary =
  'three gateways start at once, on an empty database and on the schema of release 1.0, directly and through PgBouncer'

export const isQuick = true

const ROOT = join(import.meta.dirname, '../..')
const OLD = join(ROOT, 'test/fixtures/schema-1.0.sql.gz')

async function startThree ({ url, sql: admin, startGateway, teardown }: Trial, isOld: boolean, isBounced: boolean) {
  const name = `drill_start_${randomBytes(6).toString('hex')}`
  await admin.unsafe(`create database ${name} template template0`)
  teardown(async () => await dropDatabase(admin, name))
  const direct = new URL(url)
  direct.pathname = `/${name}`
  const sql = postgres(direct.href, { max: 1, onnotice: () => {} })
  teardown(async () => await sql.end({ timeout: 5 }))
  if (isOld) await sql.unsafe(gunzipSync(readFileSync(OLD)).toString()).simple()
  if (isBounced) await setLimits(direct.href)
  const settings = {
    SEED_DIR: join(ROOT, 'seeds'),
    SECRET_KEY: 'a secret for drills, of 32 characters',
    DATABASE_URL: isBounced ? await bounce({ teardown }, direct.href) : direct.href,
    // As a PgBouncer of before 1.21 needs it; and everybody who comes through this one is the same login.
    ...isBounced && { DATABASE_PREPARE: 'false', QUERY_DATABASE_URL: direct.href }
  }
  const since = performance.now()
  const gateways = await Promise.all([1, 2, 3].map(async () => await startGateway(settings)))
  const seconds = (performance.now() - since) / 1000
  const [found] = await sql<{ products: number, users: number, orders: number, versions: number, locks: number }[]>`
    select (select count(*)::int from products.products) as products, (select count(*)::int from users.users) as users,
      (select count(*)::int from orders.orders) as orders, (select count(*)::int from gateway.versions) as versions,
      (select count(*)::int from pg_locks where locktype = 'advisory' and objid = 70000001) as locks`
  const laws = await brokenLaws(sql)
  const codes = await Promise.all(gateways.map(async ({ process, stop }) => {
    await stop()
    return process.exitCode
  }))
  const { products, users, orders, versions, locks } = found!
  return {
    done: `three gateways at once on ${isOld ? 'the schema of release 1.0' : 'an empty database'}, ` +
      (isBounced ? 'through PgBouncer in transaction mode' : 'directly'),
    expected: 'all ready; migrated and loaded once (200 products, 20 users, 200 orders), no lock left, end with 0',
    seen: `ready after ${seconds.toFixed(1)} s; ${products} products, ${users} users, ${orders} orders, ` +
      `${versions} version; ${laws || 'laws hold'}; ${locks} locks; ended with ${codes.join(', ')}`,
    holds: products === 200 && users === 20 && orders === 200 && versions === 1 && locks === 0 && laws === '' &&
      codes.every((code) => code === 0)
  }
}

export async function run ({ isShort }: { isShort: boolean }): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  const ways = BOUNCER === undefined ? [false] : [false, true]
  await runTrial(async (trial) => {
    for (const isBounced of ways) {
      for (const isOld of isShort ? [isBounced] : [false, true]) {
        verdicts.push(await startThree(trial, isOld, isBounced))
      }
    }
  })
  return verdicts
}
