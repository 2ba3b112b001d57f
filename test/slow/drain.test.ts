import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import t from 'tap'
import { startGateway } from '../gateway.ts'
import { freshDatabase, userId } from '../helper.ts'
import { hang } from './hung-clients.ts'

t.test('the end comes within DRAIN_SECONDS + 5 s whatever clients do; what is complete is answered', async (t) => {
  const url = await freshDatabase(t)
  const gateway = await startGateway(t, { DATABASE_URL: url, DRAIN_SECONDS: '0.5' })
  const { names, close } = await hang(gateway.url)
  t.teardown(close)

  // A complete request that takes until after the drain: somebody holds the row.
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  t.teardown(async () => await sql.end({ timeout: 1 }))
  const headers = { 'content-type': 'application/json' }
  let held!: () => void
  const isHeld = new Promise<void>((resolve) => { held = resolve })
  const hold = sql.begin(async (sql) => {
    await sql`select from users.users where external_user_id = ${userId(1)} for update`
    held()
    await sleep(1500)
  })
  await isHeld
  const answer = fetch(`${gateway.url}/users/${userId(1)}`, { method: 'PUT', headers, body: '{"city": "Rome"}' })
  await sleep(200)

  const since = performance.now()
  gateway.process.kill('SIGTERM')
  t.equal((await answer).status, 200, 'the complete request')
  await hold
  t.equal(await gateway.ended, 0, 'exit code')
  const seconds = (performance.now() - since) / 1000
  t.ok(seconds < 5.5, `${seconds.toFixed(1)} s with ${names.length} hung clients: ${names.join(', ')}`)
})
