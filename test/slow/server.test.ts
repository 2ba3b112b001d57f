import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import t from 'tap'
import { reset } from '../../database/migration/reset.ts'
import { startGateway as start } from '../gateway.ts'
import { freshDatabase, userId } from '../helper.ts'

const status = async (url: string) => (await fetch(url)).status

t.test('faulty settings are all named at once, and the exit code is 1', async (t) => {
  const gateway = await start(t, { PORT: 'seven', NODE_ENV: 'production', LOG_LEVEL: 'loud' })
  t.equal(await gateway.ended, 1)
  for (const name of ['PORT', 'LOG_LEVEL', 'DATABASE_URL', 'API_KEYS', 'SECRET_KEY']) t.match(gateway.output(), name)
})

t.test('an unreachable database ends the start with a sentence', async (t) => {
  const gateway = await start(t, { DATABASE_URL: 'postgres://nobody:secret@127.0.0.1:1/nothing' })
  t.equal(await gateway.ended, 1)
  t.match(gateway.output(), /could not start/)
  t.notMatch(gateway.output(), /secret/)
})

t.test('a port that is taken ends the start with what to do', async (t) => {
  const url = await freshDatabase(t)
  const first = await start(t, { DATABASE_URL: url, SEED_DIR: 'seeds' })
  const second = await start(t, { DATABASE_URL: url, PORT: new URL(first.url).port })
  t.equal(await second.ended, 1)
  t.match(second.output(), /Port \d+ is taken/)
})

t.test('HOST=localhost is one server, whose connections are all counted, bounded and ended', async (t) => {
  const gateway = await start(t, { DATABASE_URL: await freshDatabase(t), HOST: 'localhost' })
  t.equal(await status(`${gateway.url}/livez`), 200)
  t.same(gateway.output().match(/Server listening at \S+?(?=:\d+")/g), ['Server listening at http://127.0.0.1'])
})

t.test('several gateways start at once on one empty database', async (t) => {
  const url = await freshDatabase(t)
  const sql = postgres(url, { max: 1, onnotice: () => {} })
  await reset(sql)
  await sql.end({ timeout: 5 })
  const gateways = await Promise.all([1, 2, 3].map(async () => await start(t, { DATABASE_URL: url })))
  for (const gateway of gateways) t.equal(await status(`${gateway.url}/readyz`), 200)
})

t.test('SIGTERM: not ready at once, every request answered, exit code 0', async (t) => {
  const gateway = await start(t, { DATABASE_URL: await freshDatabase(t), DRAIN_SECONDS: '1' })
  const answers: number[] = []
  const refused: string[] = []
  let sending = true
  const clients = Array.from({ length: 8 }, async () => {
    while (sending) {
      try {
        const response = await fetch(`${gateway.url}/users/${userId(1)}`)
        await response.text()
        answers.push(response.status)
      } catch (error) {
        // Only after the listener has closed may a new connection be refused.
        refused.push(String((error as Error).cause))
        sending = false
      }
    }
  })
  await sleep(300)
  gateway.process.kill('SIGTERM')
  await sleep(200)
  t.equal(await status(`${gateway.url}/readyz`), 503, 'not ready while draining')
  t.equal(await status(`${gateway.url}/livez`), 200, 'but alive')
  t.equal(await gateway.ended, 0)
  sending = false
  await Promise.all(clients)
  t.ok(answers.length > 50, `${answers.length} answers`)
  t.same([...new Set(answers)], [200], 'each a 200')
  t.strictSame(refused.filter((cause) => !/ECONNREFUSED|other side closed|ECONNRESET/.test(cause)), [],
    'refused, if at all, by a closed door')
})

t.test('the embedded database: kill -9 of the gateway, and the next start goes on with its data', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'db-service-data-'))
  t.teardown(async () => await rm(dataDir, { recursive: true, force: true }))
  const settings = { DATA_DIR: dataDir, LANG: '' }
  const first = await start(t, settings)
  const made = await fetch(`${first.url}/users`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      first_name: 'Zoë', last_name: 'Ünal', email_address: 'zoe@example.com', password: 'long enough'
    })
  })
  t.equal(made.status, 201)
  const { user_id: id } = await made.json() as { user_id: string }
  first.process.kill('SIGKILL')
  await first.ended

  const second = await start(t, settings)
  const found = await fetch(`${second.url}/users/${id}`)
  t.match(await found.json(), { first_name: 'Zoë', last_name: 'Ünal' })
  second.process.kill('SIGTERM')
  t.equal(await second.ended, 0, 'and ends cleanly, with its database')
})
