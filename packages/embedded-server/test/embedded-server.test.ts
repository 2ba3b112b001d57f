import { spawn } from 'node:child_process'
import { readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import t from 'tap'
import { startEmbedded } from '../index.ts'
import { isAlive } from '../postmaster.ts'
import { makeFolder, pidOf, query, settings, startGateway } from './gateways.ts'

t.setTimeout(600_000)

t.test('one data folder through its life', async t => {
  const dataDir = await makeFolder(t)

  await t.test('the first start, with LANG unset, makes a UTF-8 database behind scram passwords', async t => {
    const { child, ready, ended } = startGateway(dataDir)
    const { url, adopted } = await ready
    t.equal(adopted, false)
    t.match(new URL(url), { hostname: '127.0.0.1', username: 'postgres', pathname: '/db_service' })
    const [found] = await query(url, `
      select current_setting('server_encoding') as encoding, lower('ÄÖ') as folded, current_setting('listen_addresses')
      as listens,
        (select rolpassword like 'SCRAM-SHA-256$%' from pg_authid where rolname = 'postgres') as hashed,
        (select array_agg(distinct auth_method) from pg_hba_file_rules) as methods`)
    t.same(found, { encoding: 'UTF8', folded: 'äö', listens: '127.0.0.1', hashed: true, methods: ['scram-sha-256'] })
    const wrong = new URL(url)
    wrong.password = 'wrong'
    await t.rejects(query(wrong.href, 'select 1'), { code: '28P01' })
    t.equal((await stat(join(dataDir, 'postgres.password'))).mode & 0o777, 0o600)
    await query(url, 'create table kept (n int); insert into kept values (1)')
    child.stdin?.end()
    t.equal(await ended, 0)
    t.equal(await pidOf(dataDir), 0, 'the server ends with its only gateway')
  })

  await t.test('a restart makes no new data folder and keeps the data', async t => {
    const cluster = async () => (await stat(join(dataDir, 'postgres/PG_VERSION'))).ino
    const before = await cluster()
    const server = await startEmbedded(dataDir, { settings })
    t.equal(await cluster(), before)
    t.equal(server.adopted, false)
    t.same(await query(server.url, 'select n from kept'), [{ n: 1 }])
    await server.stop()
    await t.resolves(server.stop(), 'stopping twice is stopping once')
  })

  await t.test('after kill -9 of its gateway the server is adopted', async t => {
    const { child, ready, ended } = startGateway(dataDir)
    const { url } = await ready
    const pid = await pidOf(dataDir)
    child.kill('SIGKILL')
    await ended
    const server = await startEmbedded(dataDir, { settings })
    t.match(server, { adopted: true, url })
    t.equal(await pidOf(dataDir), pid)
    await server.stop()
    t.equal(await pidOf(dataDir), 0, 'the adopted server is stopped like one of its own')
  })

  await t.test('after kill -9 of the postmaster committed data is there, even while a backend computes on', async t => {
    const server = await startEmbedded(dataDir, { settings })
    await query(server.url, 'insert into kept values (2)')
    const busy = query(server.url,
      "do $$ begin perform pg_sleep(0); loop perform length(repeat('x', 10)); end loop; end $$").catch(error => error)
    const watch = "select 1 from pg_stat_activity where query like 'do $$%' and state = 'active'"
    while ((await query(server.url, watch)).length === 0) await sleep(20)
    process.kill(await pidOf(dataDir), 'SIGKILL')
    const next = await startEmbedded(dataDir, { settings })
    t.equal(next.adopted, false)
    t.same(await query(next.url, 'select n from kept order by n'), [{ n: 1 }, { n: 2 }])
    t.ok(await busy instanceof Error, 'the backend left over was ended')
    await server.stop()
    t.ok(isAlive(await pidOf(dataDir)), 'the handle of the dead server does not stop its successor')
    await next.stop()
  })

  await t.test('a stale postmaster.pid that names a foreign process is removed, the process left alone', async t => {
    const foreign = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'postgres'])
    const file = join(dataDir, 'postgres', 'postmaster.pid')
    for (const pid of [foreign.pid, process.pid, 'damaged']) {
      await writeFile(file, `${pid}\n${join(dataDir, 'postgres')}\n1700000000\n54321\n\n127.0.0.1\n  1 2\nready   \n`)
      const said: string[] = []
      const server = await startEmbedded(dataDir, { settings, log: message => said.push(message) })
      t.equal(server.adopted, false)
      t.match(said.join(), /removing a stale postmaster\.pid/)
      await server.stop()
    }
    t.equal(foreign.exitCode ?? foreign.signalCode, null)
    foreign.kill()
  })

  await t.test('stop leaves the server to those still connected', async t => {
    const server = await startEmbedded(dataDir, { settings })
    const other = postgres(server.url, { max: 1 })
    await other`select 1`
    const second = await startEmbedded(dataDir, { settings })
    await server.stop()
    t.same([...await other`select n from kept where n = 2`], [{ n: 2 }], 'another client goes on')
    await other.end()
    t.same(await query(second.url, 'select n from kept where n = 2'), [{ n: 2 }],
      'another gateway goes on, connected or not')
    await second.stop()
    t.equal(await pidOf(dataDir), 0, 'the last one ends it')
  })

  await t.test('a server that has crashed and recovered is still that of all who use it', async t => {
    const [first, second] = [await startEmbedded(dataDir, { settings }), await startEmbedded(dataDir, { settings })]
    const holders = async () => (await query<{ pid: number }>(first.url,
      "select pid from pg_locks where locktype = 'advisory' and objid = 7101").catch(() => [])).map(({ pid }) => pid)
    const before = await holders()
    t.equal(before.length, 2)
    process.kill(before[0]!, 'SIGKILL')
    while ((await holders()).filter(pid => !before.includes(pid)).length < 2) await sleep(20)
    await first.stop()
    t.same(await query(second.url, 'select n from kept where n = 2'), [{ n: 2 }])
    await second.stop()
    t.equal(await pidOf(dataDir), 0)
  })

  await t.test('a server that somebody else has ended, a while ago, is left at once', async t => {
    const server = await startEmbedded(dataDir, { settings })
    process.kill(await pidOf(dataDir), 'SIGINT')
    while (await pidOf(dataDir) !== 0) await sleep(20)
    // As long as it takes to try the lost connection again, some times.
    await sleep(2000)
    const stopped = server.stop().then(() => 'stopped')
    t.equal(await Promise.race([stopped, sleep(10_000, 'still stopping', { ref: false })]), 'stopped')
  })

  await t.test('several that stop at once end the server, and one that starts meanwhile has one', async t => {
    for (let round = 0; round < 3; round++) {
      const servers = await Promise.all([1, 2, 3].map(async () => await startEmbedded(dataDir, { settings })))
      const [next] = await Promise.all([
        startEmbedded(dataDir, { settings }), ...servers.map(async ({ stop }) => await stop())
      ])
      t.same(await query(next.url, 'select n from kept where n = 2'), [{ n: 2 }])
      t.ok(isAlive(await pidOf(dataDir)))
      await next.stop()
      t.equal(await pidOf(dataDir), 0)
    }
  })

  await t.test('a start that is broken off, at whatever moment, leaves the server to those who use it, or none',
    async t => {
      for (const delay of [0, 20, 50, 100, 200, 400]) {
        const start = startEmbedded(dataDir, { settings, signal: AbortSignal.timeout(delay) })
        await start.then(async server => await server.stop(), error => t.equal(error.name, 'TimeoutError'))
        t.equal(await pidOf(dataDir), 0, `after ${delay} ms`)
      }
      const server = await startEmbedded(dataDir, { settings })
      await startEmbedded(dataDir, { settings, signal: AbortSignal.timeout(5) })
        .then(async other => await other.stop(), () => {})
      t.same(await query(server.url, 'select 1 as n'), [{ n: 1 }])
      await server.stop()
      t.strictSame((await readdir(dataDir)).sort(), ['postgres', 'postgres.log', 'postgres.password'],
        'nothing but its own files is left')
    })

  await t.test('a server that cannot start is reported with its log', async t => {
    await t.rejects(startEmbedded(dataDir, { settings: { shared_buffers: 'plenty' } }), {
      message: /did not start[^]*invalid value for parameter "shared_buffers"/
    })
  })

  await t.test('a folder whose password is wrong or gone, or of another major version, is refused with what to do',
    async t => {
      await writeFile(join(dataDir, 'postgres.password'), 'wrong')
      await t.rejects(startEmbedded(dataDir, { settings }), {
        message: /does not accept the password in .*postgres\.password/
      })
      await rm(join(dataDir, 'postgres.password'))
      await t.rejects(startEmbedded(dataDir), { message: /postgres\.password is missing.*move that folder away/ })
      await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '16\n')
      await t.rejects(startEmbedded(dataDir), {
        message: /made by PostgreSQL 16, but the embedded one is 18\. Move the folder away.*DATABASE_URL/
      })
    })
})
