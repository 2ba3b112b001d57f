import postgres from 'postgres'
import t from 'tap'
import { DryRun, DryRuns } from '../../database/dry-run.ts'
import { Pool } from '../../database/pool.ts'
import { freshDatabase } from '../helper.ts'

const INSERT = 'insert into tried values ($1) returning n'
const write = { isRead: false }

t.test('what a dry run writes after its connection was lost is not written at all', async (t) => {
  const url = await freshDatabase(t)
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await sql`create table tried (n int)`
  const pool = new Pool(url, {
    size: 1,
    maxWrites: 1,
    maxWaiting: 10,
    maxWaitMs: 60_000,
    limitMs: 60_000,
    client: { statementTimeout: 0 },
    askText: 'select 1'
  })
  const alive = setInterval(() => {}, 1000)
  t.teardown(async () => {
    clearInterval(alive)
    await pool.close()
    await sql.end()
  })
  const room = new DryRuns([pool], 10, 60_000)

  const lost = new DryRun(room, () => {})
  t.match(await lost.run(INSERT, [1], write), [{ n: 1 }])
  const [session] = await lost.run('select pg_backend_pid() as pid, count(*) from tried', [], write)
  t.equal(session!.count, 1, 'it sees what it wrote')
  await sql`select pg_terminate_backend(${session!.pid as number})`
  // At once, or when the loss is known: neither may begin a session of its own.
  await t.rejects(lost.run(INSERT, [2], write))
  await t.rejects(lost.run(INSERT, [3], write), { code: 'DATABASE_UNAVAILABLE' })
  await lost.end()
  t.same(await sql`select from tried`, [])

  const next = new DryRun(room, () => {})
  await t.rejects(next.run('insert into tried values (1 / 0)', [], write), { code: '22012' })
  t.match(await next.run(INSERT, [4], write), [{ n: 4 }], 'the connection serves the next, also behind a refusal')
  await next.end()
  await t.rejects(next.run(INSERT, [5], write), { code: 'TIMEOUT' }, 'nothing after the end')
  t.same(await sql`select from tried`, [])
  t.equal(room.gate.active, 0)
})
