import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import t from 'tap'
import { startGateway } from '../gateway.ts'
import { freshDatabase, userId } from '../helper.ts'

t.setTimeout(300_000)

const root = join(import.meta.dirname, '../..')

t.test('A reset refuses while gateways are connected; forced, it ends them, and no order id comes twice', async (t) => {
  const url = await freshDatabase(t)
  const name = new URL(url).pathname.slice(1)
  const dataDir = await mkdtemp(join(tmpdir(), 'reset-'))
  t.teardown(async () => await rm(dataDir, { recursive: true, force: true }))
  const settings = { DATABASE_URL: url, DATA_DIR: dataDir, SEED_DIR: 'seeds' }
  const reset = async (...args: string[]) => await new Promise<{ code: number, stderr: string }>((resolve) => {
    const child = execFile(process.execPath, [join(root, 'scripts/reset.ts'), ...args], {
      cwd: root, env: { PATH: process.env.PATH, ...settings }
    }, (_error, _stdout, stderr) => resolve({ code: child.exitCode ?? -1, stderr }))
  })
  const order = async (gateway: string, user: string) => {
    const response = await fetch(`${gateway}/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user_id: user, items: [{ product_id: 1 }] })
    })
    if (response.status !== 201) return { status: response.status, id: 0 }
    return { status: 201, id: Number((await response.json() as { data: [{ order_id: string }] }).data[0].order_id) }
  }

  const gateways = await Promise.all([1, 2].map(async () => await startGateway(t, settings)))
  t.match(await reset('--yes', name), {
    code: 1, stderr: /Nothing was dropped: there are gateways on this database: .*db-service/
  })
  const atStart = await startGateway(t, { ...settings, RESET_DATABASE_ON_STARTUP: 'true' })
  t.equal(await atStart.ended, 1)
  t.match(atStart.output(), /Nothing was dropped: there are gateways on this database/)
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  t.teardown(async () => await sql.end({ timeout: 1 }))
  t.ok((await sql`select from users.users`).count > 0)
  const [{ id: instance } = { id: '' }] = await sql<{ id: string }[]>`select id from gateway.instance`

  // Customers go on until both gateways have ended.
  const ids: number[] = []
  const statuses = new Set<number>()
  const readyOnAnother: string[] = []
  const over = new AbortController()
  const customers = gateways.map(async ({ url }) => {
    while (!over.signal.aborted) {
      const { status, id } = await order(url, userId(1)).catch(() => ({ status: 0, id: 0 }))
      statuses.add(status)
      if (id > 0) ids.push(id)
      const [now] = await sql<{ id: string }[]>`select id from gateway.instance`.catch(() => [])
      const ready = await fetch(`${url}/readyz`).then(({ status }) => status, () => 0)
      if (ready === 200 && now?.id !== undefined && now.id !== instance) readyOnAnother.push(url)
      await sleep(5)
    }
  })
  while (ids.length < 10) await sleep(10)
  t.match(await reset('--yes', name, '--force'), { code: 0 })
  for (const gateway of gateways) {
    t.equal(await gateway.ended, 0, 'the gateway ends in order')
    t.match(gateway.output(), /The database has been reset under this gateway/)
  }
  over.abort()
  await Promise.all(customers)
  t.same(readyOnAnother, [], 'no gateway was ready on the new database')

  const next = await startGateway(t, settings)
  const { users: [{ user_id: user }] } = await (await fetch(`${next.url}/users?limit=1`)).json() as {
    users: [{ user_id: string }]
  }
  const { id } = await order(next.url, user)
  t.ok(id > Math.max(...ids), `${id} comes after ${Math.max(...ids)}`)
  t.equal(new Set(ids).size, ids.length, `${ids.length} orders, each with an id of its own`)
  t.comment([...statuses])
})
