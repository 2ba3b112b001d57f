import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { BOUNCER, bounce, setLimits } from '../bouncer.ts'
import { startGateway } from '../gateway.ts'
import { databaseUrl, dropDatabase, findTestServer } from '../server.ts'

const root = join(import.meta.dirname, '../..')
t.setTimeout(600_000)

async function makeDatabase (t: Test): Promise<string> {
  const server = await findTestServer()
  const name = `test_start_${randomBytes(6).toString('hex')}`
  const admin = postgres(databaseUrl(server.url, 'postgres'), { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${name} template template0`)
  t.teardown(async () => {
    await dropDatabase(admin, name)
    await admin.end({ timeout: 5 })
    await server.stop()
  })
  return databaseUrl(server.url, name)
}

async function startThree (t: Test, url: string, isOld: boolean, isBounced: boolean): Promise<void> {
  if (isOld) {
    const filler = postgres(url, { max: 1, onnotice: () => {} })
    await filler.unsafe(gunzipSync(readFileSync(join(root, 'test/fixtures/schema-1.0.sql.gz'))).toString()).simple()
    await filler.end()
  }
  if (isBounced) await setLimits(url)
  const settings = {
    NODE_ENV: 'test',
    LOG_LEVEL: 'info',
    SEED_DIR: join(root, 'seeds'),
    SECRET_KEY: 'a secret for tests, of 32 characters or more',
    DATA_DIR: t.testdirName,
    DATABASE_URL: isBounced ? await bounce(t, url) : url,
    // PgBouncer 1.18 has no prepared statements in this mode; and everybody who comes through it here is the same
    // login.
    ...isBounced && { DATABASE_PREPARE: 'false', QUERY_DATABASE_URL: url }
  }
  const gateways = await Promise.all([1, 2, 3].map(async () => await startGateway(t, settings)))
  for (const { url, output } of gateways) {
    if (url === '') t.fail(output())
    else t.equal((await fetch(`${url}/readyz`)).status, 200)
  }
  const sql = postgres(url, { max: 1 })
  t.same((await sql`select (select count(*)::int from products.products) as products, (select count(*)::int
    from users.users) as users, (select count(*)::int from orders.orders) as orders,
    (select count(*)::int from gateway.versions) as versions, (select count(*)::int from pg_locks
    where locktype = 'advisory' and objid = 70000001) as locks`)[0],
  { products: 200, users: 20, orders: 200, versions: 1, locks: 0 }, 'migrated and loaded once, and no lock is left')
  t.equal(gateways.filter(({ output }) => /loaded .* rows/.test(output())).length, 1, 'by one of them')
  await sql.end()
  for (const gateway of gateways) {
    gateway.process.kill('SIGTERM')
    t.equal(await gateway.ended, 0)
  }
}

for (const isBounced of [false, true]) {
  const way = isBounced ? 'through PgBouncer in transaction mode' : 'directly'
  t.test(`three gateways start at once, ${way}`, { skip: isBounced && !BOUNCER && 'PgBouncer is not installed' },
    async (t) => {
      await t.test('on an empty database', async (t) => await startThree(t, await makeDatabase(t), false, isBounced))
      await t.test('on the schema of the release before',
        async (t) => await startThree(t, await makeDatabase(t), true, isBounced))
    })
}
