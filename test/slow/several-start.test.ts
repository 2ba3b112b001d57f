import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { gunzipSync } from 'node:zlib'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { startGateway } from '../gateway.ts'
import { databaseUrl, dropDatabase, findTestServer } from '../server.ts'

const root = join(import.meta.dirname, '../..')
const BOUNCER = ['/usr/sbin/pgbouncer', 'pgbouncer'].find((path) => spawnSync(path, ['--version']).status === 0)
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

/** A PgBouncer in transaction mode in front of a server. */
async function bounce (t: Test, url: string): Promise<string> {
  const free = createServer().listen(0, '127.0.0.1')
  await once(free, 'listening')
  const { port } = free.address() as AddressInfo
  free.close()
  const to = new URL(url)
  const folder = mkdtempSync(join(tmpdir(), 'db-service-bouncer-'))
  chmodSync(folder, 0o755)
  writeFileSync(join(folder, 'pgbouncer.ini'), `[databases]
* = host=${to.hostname} port=${to.port} user=${to.username} password=${decodeURIComponent(to.password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
auth_type = any
pool_mode = transaction
unix_socket_dir =
${process.getuid?.() === 0 ? 'user = nobody' : ''}
ignore_startup_parameters = extra_float_digits,statement_timeout,lock_timeout,` +
  'idle_in_transaction_session_timeout,plan_cache_mode,enable_seqscan,jit,bytea_output,search_path,' +
  `default_transaction_read_only,max_parallel_workers_per_gather,client_min_messages
`)
  const child = spawn(BOUNCER!, [join(folder, 'pgbouncer.ini')], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (chunk) => { log += chunk })
  t.teardown(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(folder, { recursive: true })
  })
  while (!/process up/.test(log)) {
    if (child.exitCode !== null) throw new Error(`PgBouncer did not start: ${log}`)
    await sleep(20)
  }
  const through = new URL(url)
  through.port = String(port)
  return through.href
}

/** What the gateway asks for where a pooler drops the settings of connections (docs/operating.md). */
async function setLimits (url: string): Promise<void> {
  const sql = postgres(url, { max: 1 })
  const { pathname, username } = new URL(url)
  for (const setting of [
    'statement_timeout = \'5s\'', 'lock_timeout = \'100ms\'', 'plan_cache_mode = \'force_generic_plan\'',
    'enable_seqscan = \'off\'', 'jit = \'off\''
  ]) {
    await sql.unsafe(`alter role ${username} in database ${pathname.slice(1)} set ${setting}`)
  }
  await sql.end()
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
