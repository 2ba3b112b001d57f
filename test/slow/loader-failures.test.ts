import { writeFile } from 'node:fs/promises'
import t, { type Test } from 'tap'
import { Copy } from '../../seeds/loader/database.ts'
import { openLoader, SHOP, type Loader } from '../seeds/loader/loading.ts'

const MANY = `aisle_id,aisle\n${Array.from({ length: 100_000 }, (_, n) => `${n + 1},aisle ${n}\n`).join('')}`

async function isEmpty (t: Test, { sql }: Loader) {
  t.same(await sql`select (select count(*)::int from products.departments) as departments, (select count(*)::int
    from products.aisles) as aisles,
    (select count(*)::int from orders.orders) as orders`, [{ departments: 0, aisles: 0, orders: 0 }],
  'nothing was loaded')
}

for (const [when, phase, file] of [
  ['while a file is read', 'read', 'aisles.csv'],
  ['after a file was read', 'check', 'aisles.csv'],
  ['in the middle of it all', 'check', 'orders_demo.csv'],
  ['near the end', 'check', 'orders_demo_status_history.csv']
] as const) {
  t.test(`A connection lost ${when} is an error, and nothing is loaded`, { timeout: 100_000 }, async (t) => {
    const loader = await openLoader(t)
    let killed: PromiseLike<unknown> | undefined
    await t.rejects(loader.load({ ...SHOP, 'aisles.csv': MANY }, {
      onProgress: (progress) => {
        if (progress.phase !== phase || progress.file !== file || killed) return
        killed = loader.sql`select pg_terminate_backend(${loader.pid})`.then()
      }
    }), { message: /^Nothing was loaded: / })
    t.ok(killed)
    await killed
    await isEmpty(t, loader)
    t.match(await loader.load(SHOP), { loaded: 22 }, 'the next load works')
  })
}

t.test('A connection lost at any moment never loads a part', { timeout: 60_000 }, async (t) => {
  const loader = await openLoader(t)
  for (let pause = 25; pause <= 4000; pause *= 2) {
    const timer = setTimeout(() => { loader.sql`select pg_terminate_backend(${loader.pid})`.catch(() => {}) }, pause)
    const outcome = await loader.load({ ...SHOP, 'aisles.csv': MANY }).then(() => 'loaded', () => 'failed')
    clearTimeout(timer)
    const [{ aisles } = { aisles: 0 }] =
      await loader.sql<{ aisles: number }[]>`select count(*)::int as aisles from products.aisles`
    t.equal(aisles, outcome === 'loaded' ? 100_000 : 0, `killed after ${Math.round(pause)} ms: ${outcome}`)
    if (outcome === 'loaded') break
  }
})

t.test('Reject reports that cannot be written are an error, and nothing is loaded', async (t) => {
  const loader = await openLoader(t)
  await writeFile(loader.rejectsDir, 'a file where the folder should be')
  await t.rejects(loader.load({ ...SHOP, 'aisles.csv': `${SHOP['aisles.csv']}x,y\n` }), {
    message: /^Nothing was loaded: EEXIST/
  })
  await isEmpty(t, loader)
})

t.test('A COPY that the database refuses ends in an error, not in a wait', { timeout: 100_000 }, async (t) => {
  const { sql } = await openLoader(t)
  await sql`create table numbers (number integer)`
  for (const rows of ['1\nx\n', '1\n'.repeat(100_000) + 'x\n']) {
    await sql.unsafe('begin')
    const copy = await Copy.open(sql, 'copy numbers (number) from stdin')
    await copy.write(rows).catch(() => {})
    await t.rejects(copy.end())
    await sql.unsafe('rollback')
    t.same(await sql`select count(*)::int as rows from numbers`, [{ rows: 0 }], 'and the connection works on')
  }
  await t.rejects(Copy.open(sql, 'copy nothing (number) from stdin'), { code: '42P01' })
})
