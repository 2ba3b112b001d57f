import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { freshDatabase, openOwnShop, userId } from '../helper.ts'

const IGNORED = 'statement_timeout,lock_timeout,plan_cache_mode,enable_seqscan,jit,bytea_output,search_path,' +
  'default_transaction_read_only,idle_in_transaction_session_timeout,max_parallel_workers_per_gather,' +
  'client_min_messages,extra_float_digits'

function isInstalled (): boolean {
  try {
    execFileSync('pgbouncer', ['--version'])
    return true
  } catch {
    return false
  }
}

const skip = isInstalled() ? false : 'there is no pgbouncer on this machine (apt-get install pgbouncer)'

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** Starts a PgBouncer in transaction mode before the database; resolves with the URL through it and a way to end it. */
async function startBouncer (t: Test, url: string, ignored: string) {
  const { hostname, port, pathname, username, password } = new URL(url)
  const name = pathname.slice(1)
  const folder = await mkdtemp(join(tmpdir(), 'db-service-pgbouncer-'))
  const own = await freePort()
  await writeFile(join(folder, 'ini'), `
[databases]
${name} = host=${hostname} port=${port} dbname=${name} user=${username} password=${decodeURIComponent(password)}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 10
ignore_startup_parameters = ${ignored}
`)
  await chmod(folder, 0o755)
  const isRoot = process.getuid?.() === 0
  const child = spawn('pgbouncer', [...isRoot ? ['-u', 'nobody'] : [], join(folder, 'ini')], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  let output = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.on('data', (chunk) => {
      output += chunk
      if (output.includes('process up')) resolve()
    })
    child.on('exit', () => reject(new Error(output)))
  })
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  t.teardown(async () => {
    await stop()
    await rm(folder, { recursive: true })
  })
  return { url: `postgres://${username}@127.0.0.1:${own}/${name}`, stop }
}

t.test('behind PgBouncer in transaction mode', { skip }, async (t) => {
  const url = await freshDatabase(t)
  const first = await startBouncer(t, url, IGNORED)
  const sentence = await openOwnShop(t, { DATABASE_URL: first.url, DATABASE_PREPARE: 'false' })
    .then(() => '', ({ message }: Error) => message)
  t.match(sentence, /statement_timeout is 0/)
  const lines = sentence.match(/alter role .*;/g) ?? []
  t.match(lines.join(' '), /set statement_timeout = '5s';.*set lock_timeout = '100ms';/)
  await first.stop()

  const admin = postgres(url, { max: 1, onnotice: () => {} })
  for (const line of lines) await admin.unsafe(line)
  await admin.end()

  const { url: through } = await startBouncer(t, url, IGNORED)
  const shop = await openOwnShop(t, { DATABASE_URL: through, DATABASE_PREPARE: 'false' })
  t.equal((await shop.call('GET', '/readyz')).status, 200)
  const answers = await Promise.all(Array.from({ length: 60 }, async (_, n) => n % 2 === 0
    ? await shop.call('GET', `/products?offset=${n}`)
    : await shop.call('POST', '/orders', { user_id: userId(n % 5 + 1), items: [{ product_id: n % 30 + 1 }] })))
  t.strictSame([...new Set(answers.map(({ status }) => status))].sort(), [200, 201], 'reads and orders')

  await t.test('a locked row is told of in time', async (t) => {
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
    const { promise: locked, resolve: haveLocked } = Promise.withResolvers<void>()
    const holder = shop.sql.begin(async (own) => {
      await own`select from products.inventory where product_id = 33 for update`
      haveLocked()
      await held
    })
    await locked
    const began = performance.now()
    const answer = await shop.call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 33 }] })
    t.match(answer, { status: 503, json: { code: 'ROW_LOCKED' } })
    t.ok(performance.now() - began < 3000)
    letGo()
    await holder
  })
})

t.test('a PgBouncer that refuses what the gateway sends', { skip }, async (t) => {
  const { url } = await startBouncer(t, await freshDatabase(t), 'extra_float_digits')
  await t.rejects(openOwnShop(t, { DATABASE_URL: url, DATABASE_PREPARE: 'false' }), /ignore_startup_parameters/)
})
