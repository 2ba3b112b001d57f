import { Socket } from 'node:net'
import { setImmediate as settled } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { Caller, callers } from '../../database/caller.ts'
import type { Row } from '../../database/connection.ts'
import { Contention, namesIn } from '../../database/contention.ts'
import { Line } from '../../database/line.ts'
import { Pool } from '../../database/pool.ts'
import { until } from '../checks.ts'
import { freshDatabase } from '../helper.ts'

const ASK = 'select 1 as answer'

async function openPool (t: Test, size: number, maxWrites = size, depth = 1, prepare = true): Promise<Pool> {
  const pool = new Pool(await freshDatabase(t), {
    size,
    depth,
    maxWrites,
    maxWaiting: 10,
    maxWaitMs: 60_000,
    limitMs: 60_000,
    client: { statementTimeout: 0, prepare },
    askText: ASK
  })
  // The pool's own timer keeps no process alive.
  const alive = setInterval(() => {}, 1000)
  t.teardown(async () => {
    clearInterval(alive)
    await pool.close()
  })
  return pool
}

t.test('a read is cancelled when its caller hangs up, and its connection serves the next one', async (t) => {
  const pool = await openPool(t, 1)
  await pool.run(ASK, [], { isRead: true })
  const socket = new Socket()
  const running = pool.run('select pg_sleep(60)', [], { isRead: true, caller: new Caller(socket, true) })
  const next = pool.run('select pg_backend_pid() as pid', [], { isRead: true })
  const began = performance.now()
  socket.destroy()
  await t.rejects(running, { code: '57014' })
  await next
  t.ok(performance.now() - began < 10_000)
})

t.test('each new connection is warmed before anybody needs it, also the one after a lost one', async (t) => {
  const pool = await openPool(t, 2)
  pool.keepWarm("select set_config('test.warm', 'yes', false) as is_warm")
  const find = "select current_setting('test.warm', true) as warm, pg_backend_pid() as pid from pg_sleep(0.05)"
  // Both at once, so that each connection says so.
  const both = async () => await Promise.all([1, 2].map(async () => (await pool.run(find, [], { isRead: true }))[0]!))
  await until(async () => (await both()).every(({ warm }) => warm === 'yes'), 'both are warm')
  const [lost] = await both()
  await pool.run('select pg_terminate_backend($1::int)', [lost!.pid], { isRead: true }).catch(() => {})
  await until(async () => {
    const found = await both().catch(() => [])
    return found.length > 0 && found.every(({ pid, warm }) => pid !== lost!.pid && warm === 'yes')
  }, 'the new one, too')
})

t.test('a connection that cannot be warmed is used all the same, and so are the others meanwhile', async (t) => {
  const pool = await openPool(t, 2)
  pool.keepWarm('select pg_sleep(60)')
  await until(async () => pool.active > 0, 'one is being warmed')
  t.match(await pool.run(ASK, [], { isRead: true }), [{ answer: 1 }])
  await until(async () => pool.active === 0, 'it is given back')
  t.match(await Promise.all([1, 2].map(async () => await pool.run(ASK, [], { isRead: false }))),
    [[{ answer: 1 }], [{ answer: 1 }]])
})

t.test('a write that was sent is left to finish', async (t) => {
  const pool = await openPool(t, 1)
  const socket = new Socket()
  const running = pool.run('select 7 as written from pg_sleep(0.5)', [], {
    isRead: false, caller: new Caller(socket, false)
  })
  socket.destroy()
  t.match(await running, [{ written: 7 }])
})

t.test('at the caller’s deadline a statement is cancelled, whatever it is', async (t) => {
  const pool = await openPool(t, 1)
  const caller = new Caller(new Socket(), false)
  caller.deadline = performance.now() + 800
  await t.rejects(pool.run('select pg_sleep(60)', [], { isRead: false, caller }), { code: '57014' })
})

t.test('several statements follow each other on a connection: each gets its own rows, a fault is its own',
  async (t) => {
    const pool = await openPool(t, 1, 1, 8)
    const [{ pid }] = await pool.run('select pg_backend_pid() as pid', [], { isRead: true }) as [{ pid: number }]
    const running = Array.from({ length: 8 }, async (_, n) =>
      await pool.run('select pg_backend_pid() as pid, 12 / (3 - $1::int) as share', [n], { isRead: true }))
    t.equal(pool.active, 8, 'all at once')
    const settled = await Promise.allSettled(running)
    for (const [n, outcome] of settled.entries()) {
      if (n === 3) t.match(outcome, { status: 'rejected', reason: { code: '22012' } })
      else t.match(outcome, { value: [{ pid, share: Math.trunc(12 / (3 - n)) }] }, `statement ${n}`)
    }
    t.equal(pool.active, 0)
  })

t.test('what follows a write sees what it has done, and never takes its rows from it', async (t) => {
  for (const prepare of [true, false]) {
    const pool = await openPool(t, 1, 1, 1, prepare)
    await pool.run('create table made (n integer)', [], { isRead: true })
    const write = async (text: string, follower: string, found: (rows: Row[]) => void) =>
      await pool.run(text, [], { isRead: false, follower: { text: follower, found } })
    const seen: unknown[] = []
    const keep = (rows: Row[]) => { seen.push(rows[0]?.n) }
    const insert = 'insert into made select count(*) from made returning n'
    const count = 'select count(*)::integer as n from made'
    t.match(await write(insert, count, keep), [{ n: 0 }])
    t.match(await write(insert, 'select 1 / 0 as n', keep), [{ n: 1 }], 'its failure is nobody’s')
    t.match(await write(insert, count, () => { throw new Error('not wanted') }), [{ n: 2 }])
    await t.rejects(write('insert into made values (1 / 0)', count, keep), { code: '22012' })
    t.match(await write(insert, 'select pg_terminate_backend(pg_backend_pid())', keep), [{ n: 3 }],
      'what is written is told, also where the connection ends behind it')
    t.match(await pool.run(count, [], { isRead: true }), [{ n: 4 }])
    t.strictSame(seen, [1], 'told of what went well only')
  }
})

t.test('where a connection ends, all that it had is refused, and the next statement has a new one', async (t) => {
  const pool = await openPool(t, 1, 1, 4)
  const [{ pid }] = await pool.run('select pg_backend_pid() as pid', [], { isRead: true }) as [{ pid: number }]
  const running = Promise.allSettled(Array.from({ length: 4 },
    async () => await pool.run('select pg_sleep(60)', [], { isRead: true })))
  const other = await openPool(t, 1)
  await other.run('select pg_terminate_backend($1)', [pid], { isRead: true })
  for (const { status } of await running) t.equal(status, 'rejected')
  t.equal(pool.active, 0)
  const [next] = await pool.run('select pg_backend_pid() as pid', [], { isRead: true })
  t.not(next!.pid, pid)
})

t.test('writes leave connections to reads', async (t) => {
  const pool = await openPool(t, 2, 1)
  const order: string[] = []
  const write = async (name: string) => {
    await pool.run('select pg_sleep(0.3)', [], { isRead: false })
    order.push(name)
  }
  const writing = Promise.all([write('first write'), write('second write')])
  await pool.run(ASK, [], { isRead: true })
  order.push('read')
  await writing
  t.strictSame(order, ['read', 'first write', 'second write'])
})

t.test('a line passes over those who have hung up', async (t) => {
  const line = new Line<number>(10, 60_000)
  const socket = new Socket()
  const gone = callers.run(new Caller(socket, true), async () => await line.join())
  const there = line.join()
  socket.destroy()
  t.equal(line.admit(7), true)
  await t.rejects(gone, { code: 'CALLER_GONE' })
  t.equal(await there, 7)
})

t.test('a locked row is found out among those that statements name', async (t) => {
  const order = (user: number, ...products: number[]) => namesIn([
    'place',
    JSON.stringify({
      user_id: `00000000-0000-4000-8000-00000000000${user}`,
      items: products.map((id) => ({ product_id: id, quantity: 1 }))
    })
  ])
  const contention = new Contention(10, 100)
  t.equal(contention.isAny, false)
  contention.failed(order(1, 5, 7))
  contention.failed(order(2, 5, 8))
  contention.failed(order(3, 5, 7))
  // Of the first one it could not be told: it was blamed on the customer.
  t.equal(contention.guards(order(4, 5)), true)
  t.equal(contention.guards(order(4, 7, 8)), false, 'what was only named beside it is open')

  const leave = [await contention.enter(order(4, 5), Infinity), await contention.enter(order(5, 5), Infinity)]
  let isIn = false
  const third = contention.enter(order(6, 5), Infinity).then((leave) => { isIn = true; return leave })
  await new Promise(setImmediate)
  t.equal(isIn, false, 'two at a time')
  await t.rejects(async () => {
    const late = contention.enter(order(7, 5), performance.now() - 1)
    contention.lookAfter(performance.now())
    await late
  }, { code: 'ROW_LOCKED', statusCode: 503 })
  contention.succeeded(order(4, 5))
  leave[0]!()
  ;(await third)!()
  leave[1]!()
  t.equal(isIn, true)
  for (let n = 0; n < 10; n++) contention.succeeded(order(4, 5))
  t.equal(contention.guards(order(4, 5)), false, 'after some successes it is as any other')
})

t.test('a line is as long as what gets its turn in time, at its pace of late', async (t) => {
  const outcomes: string[] = []
  const line = new Line<number>(1000, 60_000, 'OVERLOADED', { least: 5, withinMs: 20 })
  const join = () => { line.join().then(() => outcomes.push('served'), ({ code }) => outcomes.push(code)) }
  for (let n = 0; n < 1000; n++) join()
  await settled()
  t.equal(outcomes.length, 0, 'while the pace is not known, the whole length')
  // 5 ms or more between two turns: four in 20 ms at the most, so it is the least.
  for (let n = 0; n < 200; n++) {
    const since = performance.now()
    while (performance.now() - since < 5);
    line.admit(n)
  }
  await settled()
  t.equal(outcomes.filter((outcome) => outcome === 'served').length, 200)
  join()
  await settled()
  t.strictSame(outcomes.slice(200), ['OVERLOADED'], 'one more is told at once')
  t.equal(line.length, 800, 'those who wait go on waiting')
  while (line.length > 4) line.admit(0)
  join()
  await settled()
  t.equal(line.length, 5, 'there is room again')
})
