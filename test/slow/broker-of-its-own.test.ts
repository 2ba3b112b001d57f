import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { lines, openOwnShop, userId, type Shop } from '../helper.ts'

/** Where Debian's package has the programs themselves, without its wrapper, which knows one node only. */
const PROGRAMS = '/usr/lib/rabbitmq/bin'
const skip = existsSync(PROGRAMS) ? false : `needs RabbitMQ's programs in ${PROGRAMS}`

const place = async (shop: Shop) => await shop.call('POST', '/orders', {
  user_id: userId(1), items: [{ product_id: 7 }]
})

async function comesTo (shop: Shop, is: (state: any) => boolean): Promise<any> {
  for (;;) {
    const state = (await shop.call('GET', '/api/v1/jobs')).json.queues[2]
    if (is(state)) return state
    await sleep(50)
  }
}

/** A port that nobody listens on at this moment. */
async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** A broker nobody else uses, so that its memory may run out and its users lose rights. */
async function startBroker (t: Test) {
  const [home, port, distPort] = [t.testdir({ 'rabbitmq.conf': '' }), await freePort(), await freePort()]
  const node = `test${process.pid}@localhost`
  const env = {
    PATH: process.env.PATH,
    // Where a command that fails would leave it, which is the project's own folder.
    ERL_CRASH_DUMP: join(home, 'erl_crash.dump'),
    HOME: home,
    RABBITMQ_NODENAME: node,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_CONFIG_FILE: join(home, 'rabbitmq'),
    RABBITMQ_MNESIA_BASE: join(home, 'data'),
    RABBITMQ_LOG_BASE: join(home, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(home, 'plugins')
  }
  const server = spawn(join(PROGRAMS, 'rabbitmq-server'), { cwd: home, env, stdio: 'ignore' })
  const control = async (...args: string[]) => await promisify(execFile)(join(PROGRAMS, 'rabbitmqctl'),
    ['-n', node, ...args], { env })
  t.teardown(async () => {
    const ended = server.exitCode === null ? once(server, 'exit') : undefined
    await control('stop').catch(() => server.kill('SIGKILL'))
    await ended
  })
  for (let isThere = false; !isThere; await sleep(100)) {
    if (server.exitCode !== null) throw new Error('the broker ended')
    const socket = connect(port, '127.0.0.1')
    isThere = await once(socket, 'connect').then(() => true, () => false)
    socket.destroy()
  }
  await control('await_startup')
  const settings = { RABBITMQ_URL: `amqp://guest:guest@127.0.0.1:${port}`, RABBITMQ_QUEUE: 'events', LOG_LEVEL: 'info' }
  return { settings, control }
}

t.test('a broker that takes nothing says why', { skip }, async (t) => {
  const { settings, control } = await startBroker(t)

  await t.test('out of memory: blocked, and all goes out when there is memory', async (t) => {
    const log = lines()
    const shop = await openOwnShop(t, settings, log)
    await place(shop)
    await comesTo(shop, ({ depth }) => depth === 0)
    await control('set_vm_memory_high_watermark', '0.000001')
    await place(shop)
    await place(shop)
    t.match(await comesTo(shop, ({ fault }) => fault !== null), {
      fault: { reason: 'connection.blocked: low on memory' }
    })
    t.match(log.text(), /connection\.blocked: low on memory/)
    await control('set_vm_memory_high_watermark', '0.4')
    t.match(await comesTo(shop, ({ depth, fault }) => depth === 0 && fault === null), { depth: 0 })
  })

  await t.test(
    'a login without the right to declare uses a queue that is there; without the right to write it says so',
    async (t) => {
      await control('add_user', 'writer', 'writer-password')
      await control('set_permissions', 'writer', '^$', '.*', '^$')
      const url = new URL(settings.RABBITMQ_URL)
      url.username = 'writer'
      url.password = 'writer-password'
      const log = lines()
      const shop = await openOwnShop(t, { ...settings, RABBITMQ_URL: url.href }, log)
      await place(shop)
      await comesTo(shop, ({ depth }) => depth === 0)
      t.match(log.text(), /is used as it is/)

      await control('set_permissions', 'writer', '^$', '^$', '^$')
      // A channel may go on with the rights it has been seen to have.
      await control('close_all_user_connections', 'writer', 'other rights')
      await place(shop)
      t.match(await comesTo(shop, ({ fault }) => fault !== null), {
        fault: { reason: /ACCESS_REFUSED - .*refused for user 'writer'/ }
      })
      t.match(log.text(), /ACCESS_REFUSED - /)
      const absent = await openOwnShop(t, { ...settings, RABBITMQ_URL: url.href, RABBITMQ_QUEUE: 'absent' })
      t.match(await comesTo(absent, ({ fault }) => fault !== null), {
        fault: { reason: /ACCESS_REFUSED - access to queue 'absent'/ }
      })

      await control('set_permissions', 'writer', '^$', '.*', '^$')
      t.match(await comesTo(shop, ({ depth, fault }) => depth === 0 && fault === null), { depth: 0 })
    }
  )

  await t.test('a login that is deleted while it is connected', async (t) => {
    await control('add_user', 'leaver', 'leaver-password')
    await control('set_permissions', 'leaver', '.*', '.*', '.*')
    const url = new URL(settings.RABBITMQ_URL)
    url.username = 'leaver'
    url.password = 'leaver-password'
    const shop = await openOwnShop(t, { ...settings, RABBITMQ_URL: url.href })
    await place(shop)
    await comesTo(shop, ({ depth }) => depth === 0)
    await control('delete_user', 'leaver')
    await control('close_all_user_connections', 'leaver', 'gone').catch(() => {})
    await place(shop)
    t.match(await comesTo(shop, ({ fault }) => /refused/.test(fault?.reason)), {
      fault: { reason: /ACCESS_REFUSED - Login was refused/ }
    })
  })
})
