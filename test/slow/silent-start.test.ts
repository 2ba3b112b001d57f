import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import t from 'tap'
import { reset } from '../../database/migration/reset.ts'
import { startGateway } from '../gateway.ts'
import { freshDatabase } from '../helper.ts'
import { openWay } from '../way.ts'

t.setTimeout(120_000)

t.test('a start waits for a server that is at work, and not for a connection that says nothing any more', async (t) => {
  const url = await freshDatabase(t)
  const way = await openWay(url)
  t.teardown(async () => await way.close())
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  t.teardown(async () => await sql.end({ timeout: 5 }))
  await reset(sql)
  const [{ name }] = await sql<[{ name: string }]>`select current_database() as name`
  // As a gateway that migrates: the other one waits for its turn.
  await sql`select pg_advisory_lock(70000001)`
  const starting = startGateway(t, { DATABASE_URL: way.url, SEED_DIR: '' })
  const waiting = async () =>
    (await sql`select from pg_locks where not granted and locktype = 'advisory' and objid = 70000001
    and database = (select oid from pg_database where datname = ${name})`).length
  while (await waiting() === 0) await sleep(50)
  await sleep(35_000)
  t.equal(await waiting(), 1, 'after 35 s it still waits')
  way.freeze()
  await sql`select pg_advisory_unlock(70000001)`
  const since = performance.now()
  const { ended, output } = await starting
  t.equal(await ended, 1, 'exit code')
  t.ok(performance.now() - since < 70_000, `${((performance.now() - since) / 1000).toFixed(1)} s after it went silent`)
  t.match(output(), /has said nothing for 30 s/)
})
