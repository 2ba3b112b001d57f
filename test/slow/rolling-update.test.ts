import { execFileSync, spawnSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { startGateway, type Gateway } from '../gateway.ts'
import { schemaOf } from '../schema.ts'
import { databaseUrl, dropDatabase, findTestServer } from '../server.ts'

/** The release before: the commit whose gateways may still run while this one's start. */
const RELEASE_BEFORE = '28c8859'

const root = join(import.meta.dirname, '../..')
t.setTimeout(580_000)

/** Why there is no release before to try, if so: a shallow clone, for example. */
const isAway = spawnSync('git', ['cat-file', '-e', `${RELEASE_BEFORE}^{commit}`], { cwd: root }).status !== 0 &&
  `this clone does not have the commit of the release before (${RELEASE_BEFORE})`

/** The project as it was, with the packages it had then: npm installs them, which takes the registry and a minute. */
function releaseBefore (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'db-service-before-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }))
  const archive = execFileSync('git', ['archive', RELEASE_BEFORE], { cwd: root, maxBuffer: 256 * 1024 ** 2 })
  execFileSync('tar', ['x', '-C', folder], { input: archive })
  const { status, stderr } = spawnSync('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund', '--prefer-offline'], {
    cwd: folder, encoding: 'utf8'
  })
  if (status !== 0) throw new Error(`The packages of ${RELEASE_BEFORE} could not be installed: ${stderr.slice(-2000)}`)
  return folder
}

/** What a customer, the back office and a shop front do; returns whatever did not succeed. */
async function useShop (url: string): Promise<string[]> {
  const failed: string[] = []
  const call = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    try {
      const response = await fetch(url + path, {
        method,
        headers: { ...headers, ...body !== undefined && { 'content-type': 'application/json' } },
        ...body !== undefined && { body: JSON.stringify(body) },
        signal: AbortSignal.timeout(15_000)
      })
      const text = await response.text()
      if (response.status >= 400) failed.push(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`)
      return text.startsWith('{') ? JSON.parse(text) : {}
    } catch (error) {
      failed.push(`${method} ${path}: ${(error as Error).cause ?? error}`)
      return {}
    }
  }
  const email = `${randomUUID()}@example.com`
  const user = (await call('POST', '/users', {
    first_name: 'Rolling', last_name: 'Customer', email_address: email, password: 'a long password'
  })).user_id
  if (user === undefined) return failed
  const me = { 'x-user-id': user, 'x-user-email': email, 'x-user-role': 'customer' }
  const admin = { 'x-user-id': user, 'x-user-email': email, 'x-user-role': 'admin' }
  await call('POST', '/users/login', { email_address: email, password: 'a long password' })
  await call('PUT', `/users/${user}`, { city: 'Ulm', order_notifications_via_email: true })
  await call('PUT', `/users/${user}/notification-settings`, { days_between_order_notifications: 3 })
  await call('GET', `/users/${user}/notification-settings`)
  await call('GET', '/users?limit=5&q=rolling')
  await call('GET', '/products?limit=5&q=a')
  await call('GET', '/products/1')
  await call('GET', '/departments')
  await call('GET', '/aisles')
  await call('POST', '/carts', { user_id: user, items: [{ product_id: 1, quantity: 1 }] })
  await call('POST', `/carts/${user}/items`, { product_id: 2, quantity: 2 })
  await call('PUT', `/carts/${user}/items/2`, { quantity: 1 })
  await call('PUT', `/carts/${user}`, { user_id: user, items: [{ product_id: 3, quantity: 1 }] })
  await call('GET', `/carts/${user}`)
  await call('POST', `/carts/${user}/checkout`, {}, { 'idempotency-key': randomUUID() })
  const key = { 'idempotency-key': randomUUID() }
  const placed =
    (await call('POST', '/orders', { user_id: user, items: [{ product_id: 4, quantity: 1 }] }, key)).data?.[0]
  await call('POST', '/orders', { user_id: user, items: [{ product_id: 4, quantity: 1 }] }, key)
  await call('POST', `/orders/${placed?.order_id}/items`, [{ product_id: 5, quantity: 1 }])
  await call('PATCH', `/orders/${placed?.order_id}`, { status: 'paid', note: 'rolling' })
  await call('GET', `/orders/${placed?.order_id}`)
  await call('GET', '/orders?limit=5')
  await call('GET', `/orders/user/${user}`)
  await call('GET', `/users/${user}/order-status-notifications`)
  await call('DELETE', `/orders/${placed?.order_id}`)
  const managed = await call('POST', '/api/v1/orders', { user_id: user, items: [{ product_id: 6, quantity: 1 }] })
  await call('PATCH', `/api/v1/orders/${managed.order_id}`, { status: 'shipped' })
  await call('GET', '/api/v1/orders?limit=5&product_id=6')
  await call('GET', '/api/v1/products?limit=5')
  await call('GET', '/api/v1/users?limit=5')
  await call('GET', '/api/v1/jobs')
  const front = await call('POST', '/api/orders', { items: [{ product_id: '7', quantity: 1 }] }, me)
  await call('GET', `/api/orders/${front.id}`, undefined, me)
  await call('GET', '/api/orders', undefined, me)
  await call('PATCH', `/api/orders/${front.id}/cancel`, undefined, me)
  await call('GET', '/api/orders/all?limit=5', undefined, admin)
  await call('GET', '/api/products?limit=5')
  await call('POST', '/query', { sql: 'select count(*) from products' })
  await call('GET', `/users/${user}/export`)
  await call('DELETE', `/users/${user}`, { password: 'a long password' })
  return failed
}

/** Uses a gateway all the time until told to stop, and says how often, and what failed. */
function keepUsing ({ url }: Gateway) {
  const failed: string[] = []
  const state = { rounds: 0, isOver: false }
  const running = (async () => {
    while (!state.isOver) {
      failed.push(...await useShop(url))
      state.rounds++
    }
  })()
  return {
    rounds: () => state.rounds,
    async finish (t: Test, what: string) {
      state.isOver = true
      await running
      t.strictSame([...new Set(failed)].slice(0, 10), [], `${what}: no request failed in ${state.rounds} rounds`)
      t.ok(state.rounds > 0)
    }
  }
}

async function stop (gateway: Gateway): Promise<void> {
  gateway.process.kill('SIGTERM')
  await gateway.ended
}

t.test('the release before runs beside this one, on one database', { skip: isAway }, async (t) => {
  const before = releaseBefore(t)
  const server = await findTestServer()
  const name = `test_rolling_${randomBytes(6).toString('hex')}`
  const admin = postgres(databaseUrl(server.url, 'postgres'), { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${name}`)
  t.teardown(async () => {
    await dropDatabase(admin, name)
    await admin.end({ timeout: 5 })
    await server.stop()
  })
  const settings = {
    NODE_ENV: 'test',
    LOG_LEVEL: 'info',
    DATABASE_URL: databaseUrl(server.url, name),
    SECRET_KEY: 'a secret for tests, of 32 characters or more',
    DATA_DIR: t.testdirName,
    SEED_DIR: join(root, 'seeds'),
    RATE_LIMIT: '0',
    LOGIN_RATE_LIMIT: '100000',
    TRUSTED_UPSTREAMS: '127.0.0.1',
    HARDEN_DATABASE: 'true'
  }
  const older = await startGateway(t, settings, before)
  t.not(older.url, '', older.output())
  const sql = postgres(settings.DATABASE_URL, { max: 1, onnotice: () => {} })
  t.teardown(async () => await sql.end({ timeout: 5 }))
  const rounds = async (use: ReturnType<typeof keepUsing>, more: number) => {
    const since = use.rounds()
    while (use.rounds() < since + more) await sleep(20)
  }

  const onOlder = keepUsing(older)
  await rounds(onOlder, 1)
  const newer = await startGateway(t, settings)
  t.not(newer.url, '', newer.output())
  const onNewer = keepUsing(newer)
  await rounds(onNewer, 2)
  await rounds(onOlder, 2)
  await onOlder.finish(t, 'the older, while the newer one migrated and served')
  const schema = await schemaOf(sql)
  const [rights] =
    await sql`select (select md5(string_agg(rolname || rolconfig::text, ',' order by rolname)) from pg_roles) as roles,
    (select md5(string_agg(oid || proacl::text, ',' order by oid)) from pg_proc) as routines, (select md5(string_agg(oid
    || relacl::text, ',' order by oid)) from pg_class) as relations`

  await stop(older)
  const again = await startGateway(t, settings, before)
  t.not(again.url, '', again.output())
  const onAgain = keepUsing(again)
  await rounds(onAgain, 2)
  await onNewer.finish(t, 'the newer, while the older one restarted')
  t.strictSame(await schemaOf(sql), schema, 'the older one changed nothing of the newer one’s definitions')
  const [after] =
    await sql`select (select md5(string_agg(rolname || rolconfig::text, ',' order by rolname)) from pg_roles) as roles,
    (select md5(string_agg(oid || proacl::text, ',' order by oid)) from pg_proc) as routines, (select md5(string_agg(oid
    || relacl::text, ',' order by oid)) from pg_class) as relations`
  t.strictSame(after, rights, 'nor rights, nor roles’ settings')

  await stop(newer)
  const last = await startGateway(t, settings)
  t.not(last.url, '', last.output())
  await rounds(onAgain, 1)
  await onAgain.finish(t, 'the older, while the newer one restarted')
})
