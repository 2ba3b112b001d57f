import { Writable } from 'node:stream'
import { connect, createServer, type Socket, type Server, type AddressInfo } from 'node:net'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { Connection } from '../../database/connection.ts'
import { explain } from '../../database/failures.ts'
import { Gate } from '../../database/gate.ts'
import { all } from '../checks.ts'
import { dropRole, freshDatabase, openOwnShop, refuses, type Shop, userId } from '../helper.ts'
import { databaseUrl } from '../server.ts'

/** Checks how the gateway answers while its database is away. */
async function isAway (t: Test, shop: Shop): Promise<void> {
  const requests = [
    ['GET', '/products'], ['GET', '/products/1'], ['GET', '/departments'], ['GET', '/users'],
    ['GET', `/users/${userId(1)}`],
    ['PUT', `/users/${userId(1)}`, { city: 'Rome' }], ['GET', `/carts/${userId(1)}`], ['GET', '/orders'],
    ['POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] }], ['GET', '/readyz'],
    ['POST', '/users/login', { email_address: 'user1@example.com', password: 'password' }]
  ] as const
  for (const [method, path, body] of requests) {
    const answer = await shop.call(method, path, body)
    refuses(t, answer, 503, 'DATABASE_UNAVAILABLE')
    t.match(answer.headers, { 'retry-after': /^\d+$/ }, `${method} ${path} says when to come again`)
    t.notMatch(answer.text, /does not exist|ECONN|127\.0\.0\.1|test_/, 'and nothing of the database')
  }
  const health = await shop.call('GET', '/health')
  t.match(health, { status: 503, json: { data: { status: 'unhealthy', database: 'unreachable' } } })
  t.match(await shop.call('GET', '/legacy/health'), {
    status: 503, json: { success: false, data: [], error: 'The database cannot be reached' }
  })
  t.match(await shop.call('GET', '/livez'), { status: 200 }, 'alive all the same')
  refuses(t, await shop.call('GET', '/products?limit=0'), 400, 'INVALID_INPUT')
}

/** A way to the database of `url` that can be closed and opened again. */
async function makeWay (t: Test, url: string) {
  const there = new URL(url)
  const open = new Set<Socket>()
  const handle = (socket: Socket) => {
    const onward = connect(Number(there.port), there.hostname)
    for (const [end, other] of [[socket, onward], [onward, socket]] as const) {
      open.add(end)
      end.on('error', () => {}).on('close', () => {
        open.delete(end)
        other.destroy()
      })
    }
    socket.pipe(onward).pipe(socket)
  }
  let server: Server
  const openUp = async (port = 0) => {
    server = createServer(handle)
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  }
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of open) socket.destroy()
    await closed
  }
  await openUp()
  const { port } = server!.address() as AddressInfo
  const through = new URL(url)
  through.host = `127.0.0.1:${port}`
  t.teardown(close)
  return { url: through.href, close, reopen: async () => await openUp(port) }
}

t.test('a database that was dropped: 503 with Retry-After, /health unhealthy, /livez alive', async (t) => {
  const shop = await openOwnShop(t)
  t.equal((await shop.call('GET', '/health')).status, 200)
  await shop.sql.end()
  const admin = postgres(databaseUrl(shop.url, 'postgres'), { max: 1, onnotice: () => {} })
  try {
    await admin.unsafe(`drop database ${new URL(shop.url).pathname.slice(1)} with (force)`)
  } finally {
    await admin.end()
  }
  await isAway(t, shop)
})

t.test('a database that cannot be reached for a while: 503, then all is as before', async (t) => {
  const url = await freshDatabase(t)
  const way = await makeWay(t, url)
  const shop = await openOwnShop(t, { DATABASE_URL: way.url })
  t.equal((await shop.call('GET', '/products')).status, 200)
  await way.close()
  await isAway(t, shop)
  await way.reopen()
  // The pool pauses a little between attempts.
  for (let attempt = 0; attempt < 50 && (await shop.call('GET', '/health')).status !== 200; attempt++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  t.equal((await shop.call('GET', '/health')).status, 200, 'without a restart')
  t.equal((await shop.call('GET', '/products')).status, 200)
  t.equal((await shop.call('GET', '/readyz')).status, 200)
})

t.test('connections that the server ended hurt nobody twice', async (t) => {
  const shop = await openOwnShop(t)
  await Promise.all(Array.from({ length: 20 }, () => shop.call('GET', '/products')))
  await shop.sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name = 'db-service'`
  const answers = await Promise.all(Array.from({ length: 20 }, () => shop.call('GET', '/products')))
  all(t, answers, ({ status }) => status === 200 || status === 503, 'answered')
  t.ok(answers.some(({ status }) => status === 200), 'some on connections made meanwhile')
  t.equal((await shop.call('GET', '/products')).status, 200)
})

t.test('a replica that is away: the primary answers', async (t) => {
  const url = await freshDatabase(t)
  const way = await makeWay(t, url)
  const shop = await openOwnShop(t, { DATABASE_URL: url, READ_DATABASE_URL: way.url })
  t.equal((await shop.call('GET', '/products')).status, 200)
  await way.close()
  for (const path of ['/products', '/products/1', '/departments', '/aisles', '/products?q=1', '/readyz', '/health']) {
    t.equal((await shop.call('GET', path)).status, 200, path)
  }
})

t.test('more requests at once than connections are all answered', async (t) => {
  const shop = await openOwnShop(t, { DATABASE_POOL_MAX: '2' })
  const answers = await Promise.all(Array.from({ length: 200 }, () => shop.call('GET', '/products/1')))
  all(t, answers, ({ status }) => status === 200, 'answered')
})

t.test('the gate', async (t) => {
  /** A task that ends when told, and knows whether it began. */
  const makeTask = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    const task = { began: false, end: resolve, run: async () => { task.began = true; await promise } }
    return task
  }

  await t.test('lets so many in at once, the others in the order they came', async (t) => {
    const gate = new Gate(2, 10, 60_000)
    const tasks = Array.from({ length: 4 }, makeTask)
    const running = tasks.map((task) => gate.run(task.run))
    const began = () => tasks.map((task) => task.began)
    t.same(began(), [true, true, false, false])
    tasks[1]!.end()
    await running[1]
    await new Promise(setImmediate)
    t.same(began(), [true, true, true, false])
    tasks[0]!.end()
    await running[0]
    await new Promise(setImmediate)
    t.same(began(), [true, true, true, true])
    for (const task of tasks) task.end()
    await Promise.all(running)
  })

  await t.test('refuses at once whom it has no room for', async (t) => {
    const gate = new Gate(1, 1, 60_000)
    const [first, second] = [makeTask(), makeTask()]
    const running = [gate.run(first.run), gate.run(second.run)]
    await t.rejects(gate.run(async () => t.fail('must not run')), { code: 'OVERLOADED', statusCode: 503 })
    first.end()
    second.end()
    await Promise.all(running)
    t.equal(await gate.run(async () => 'in'), 'in', 'and lets in again when there is')
  })

  await t.test('refuses who waited too long', async (t) => {
    const gate = new Gate(1, 10, 50)
    const first = makeTask()
    const running = gate.run(first.run)
    // The gate's timer keeps no process alive.
    const alive = setInterval(() => {}, 50)
    await t.rejects(gate.run(async () => t.fail('must not run')), { code: 'OVERLOADED' })
    clearInterval(alive)
    first.end()
    await running
    t.equal(await gate.run(async () => 'in'), 'in')
  })

  await t.test('a task that fails makes room like any other', async (t) => {
    const gate = new Gate(1, 10, 60_000)
    const failing = gate.run(async () => { throw new Error('its own') })
    const next = gate.run(async () => 'next')
    await t.rejects(failing, { message: 'its own' })
    t.equal(await next, 'next')
  })
})

t.test('starting may take as long as a migration or a load takes', async (t) => {
  const { app } = await openOwnShop(t)
  t.equal(app.initialConfig.pluginTimeout, 0)
})

t.test('a database with customs of its own makes no difference to times', async (t) => {
  const url = await freshDatabase(t)
  const admin = postgres(url, { max: 1 })
  const name = new URL(url).pathname.slice(1)
  await admin.unsafe(`alter database ${name} set timezone = 'Asia/Tokyo'`)
  await admin.unsafe(`alter database ${name} set datestyle = 'German'`)
  await admin.end()
  const { call } = await openOwnShop(t, { DATABASE_URL: url })
  const sent = { days_between_order_notifications: 7, order_notifications_start_date_time: '2030-02-01T12:00:00' }
  const { json } = await call('PUT', `/users/${userId(1)}`, sent)
  t.equal(json.order_notifications_start_date_time, '2030-02-01T12:00:00+00:00')
})

t.test('a database that takes no connections any more: 503, and the log says why', async (t) => {
  const lines: string[] = []
  const stream = new Writable({
    write (chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    }
  })
  const shop = await openOwnShop(t, { LOG_LEVEL: 'warn' }, stream)
  const admin = postgres(databaseUrl(shop.url, 'postgres'), { max: 1, onnotice: () => {} })
  t.teardown(async () => await admin.end())
  const name = new URL(shop.url).pathname.slice(1)
  await admin.unsafe(`alter database ${name} allow_connections false`)
  await admin`select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = ${name}`
  await isAway(t, shop)
  refuses(t, await shop.call('POST', '/query', { sql: 'select 1' }), 503, 'DATABASE_UNAVAILABLE')
  t.ok(lines.some((line) => line.includes('55000')))
  await admin.unsafe(`alter database ${name} allow_connections true`)
})

t.test('whatever the reason for which a connection is refused: it is the database that is unavailable', async (t) => {
  const url = new URL(await freshDatabase(t))
  const name = url.pathname.slice(1)
  const role = `refused_${name}`
  const admin = postgres(databaseUrl(url.href, 'postgres'), { max: 1, onnotice: () => {} })
  t.teardown(async () => {
    await admin.end()
    await dropRole(url.href, role)
  })
  await admin.unsafe(`create role ${role} login password 'right'`)
  const refusals = [
    ['53300', `alter role ${role} connection limit 0`],
    ['28000', `alter role ${role} nologin`],
    ['28P01', `alter role ${role} login connection limit -1 password 'another'`]
  ] as const
  const asRole = new URL(url)
  asRole.username = role
  asRole.password = 'right'
  for (const [state, refuse] of refusals) {
    await admin.unsafe(refuse)
    const connection = new Connection(asRole.href, { statementTimeout: 0 })
    const fault = await connection.run('select 1', [], 10_000).then(() => undefined, (error) => explain(error, 'ask'))
    t.match(fault, { code: 'DATABASE_UNAVAILABLE', statusCode: 503 }, state)
    t.match(fault?.cause, state)
    await connection.close()
  }
})
