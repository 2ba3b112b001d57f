import { Writable } from 'node:stream'
import Fastify from 'fastify'
import postgres from 'postgres'
import t from 'tap'
import app from '../../../app.ts'
import { migrate } from '../../../database/migration/index.ts'
import { reset } from '../../../database/migration/reset.ts'
import { serverOptions } from '../../../options.ts'
import { loadConfig } from '../../../plugins/settings.ts'
import { freshDatabase, openShop, refuses, type Answer } from '../../helper.ts'
import { ask, gives } from './ask.ts'

// Of the processor a statement gets what the others leave: on a busy machine all this takes long.
t.setTimeout(300_000)

t.test('POST /query beside others, and for long', { timeout: 250_000 }, async (t) => {
  const shop = await openShop(t, { HARDEN_DATABASE: 'true' })

  await t.test('after 5 seconds it is a 408, and the lane goes on', async (t) => {
    refuses(t,
      await ask(shop,
        'select count(*) from generate_series(1, 400) a, generate_series(1, 1000) b, generate_series(1, 100000) c'),
      408, 'QUERY_TIMEOUT')
    await gives(t, shop, 'select 1 as x', '{"x":1}')
  })

  await t.test('a page that asks for 50 at once gets 50 answers', async (t) => {
    const since = performance.now()
    await Promise.all(Array.from({ length: 50 }, async (_, n) => {
      const { status, json } = await ask(shop, 'select product_id from products where product_id = $1', [n % 40 + 1])
      // On a machine that has nothing left for them, nobody is refused before 2 s are over.
      if (status === 503 && performance.now() - since >= 2000) return t.comment('a statement waited for 2 s')
      t.same([status, json.data], [200, [{ product_id: n % 40 + 1 }]])
    }))
  })

  await t.test('more at once than there is room for are told so', async (t) => {
    const answers: Answer[] = []
    let asked: Promise<number[]>
    // The two that run wait for a lock until 8 have been told, 200 wait for them.
    await shop.sql.begin(async (sql) => {
      await sql`lock table products.departments`
      asked = Promise.all(Array.from({ length: 210 },
        async () => answers.push(await ask(shop, 'select count(*) from departments'))))
      while (answers.length < 8) await new Promise((resolve) => setTimeout(resolve, 5))
    })
    await asked!
    const [fine, refused] = [
      answers.filter(({ status }) => status === 200), answers.filter(({ status }) => status === 503)
    ]
    t.equal(fine.length + refused.length, 210)
    t.ok(fine.length >= 2 && refused.length >= 8, `${fine.length} ran`)
    for (const answer of refused) t.match(answer, { json: { code: 'OVERLOADED' }, headers: { 'retry-after': /^\d+$/ } })
    await gives(t, shop, 'select 1 as x', '{"x":1}')
  })

  await t.test('who asks for many does not hold up another address', async (t) => {
    const shared = await openShop(t, { DATABASE_URL: shop.url, HARDEN_DATABASE: 'true' })
    const order: string[] = []
    const from = async (remoteAddress: string) => {
      await shared.app.inject({
        method: 'POST', url: '/query', remoteAddress, payload: { sql: 'select count(*) from departments' }
      })
      order.push(remoteAddress)
    }
    let asked: Promise<void>[] = []
    let ahead = 0
    await shared.sql.begin(async (sql) => {
      await sql`lock table products.departments`
      asked = Array.from({ length: 40 }, async () => await from('10.0.0.1'))
      while (shared.app.queries.lane.waiting < 38) await new Promise((resolve) => setTimeout(resolve, 5))
      asked.push(from('10.0.0.2'))
      while (shared.app.queries.lane.waiting < 39) await new Promise((resolve) => setTimeout(resolve, 5))
      // On a busy machine some have had to give up by now.
      ahead = order.length
    })
    await Promise.all(asked)
    const place = order.indexOf('10.0.0.2') - ahead
    t.ok(place < 5, `it was answered as number ${place + 1} of ${41 - ahead}`)
  })

  await t.test('two gateways share the role', async (t) => {
    const other = await openShop(t, { DATABASE_URL: shop.url, HARDEN_DATABASE: 'true' })
    await gives(t, other, 'select 1 as x', '{"x":1}')
    await shop.sql`select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database()
      and application_name = 'db-service query'`
    await ask(shop, 'select 1')
    await ask(shop, 'select 1')
    await gives(t, shop, 'select 1 as x', '{"x":1}')
  })

  await t.test('after a reset it reads the new tables', async (t) => {
    const sql = postgres(shop.url, { max: 1, onnotice: () => {} })
    t.teardown(async () => await sql.end())
    await reset(sql, { force: true })
    await migrate(sql)
    await gives(t, shop, 'select count(*) from products.products', '{"count":0}')
    refuses(t, await ask(shop, 'select * from users.users'), 403, 'QUERY_FORBIDDEN')
    const onLegacy = await shop.call('POST', '/legacy/query', { sql: 'select count(id) as n from users.users' })
    t.match(onLegacy.json, { success: true, data: [{ n: 0 }] }, 'on /legacy the new users, too')
  })
})

t.test('one line in the log for each statement, without the values', async (t) => {
  const lines: string[] = []
  const stream = new Writable({
    write (chunk, _encoding, done) { lines.push(...String(chunk).split('\n').filter(Boolean)); done() }
  })
  const config = {
    ...loadConfig({
      NODE_ENV: 'test',
      DATABASE_URL: await freshDatabase(t),
      API_KEYS: 'key',
      SECRET_KEY: 'signs nothing here, of 32 characters'
    }),
    SEED_DIR: ''
  }
  const options = serverOptions(config)
  const fastify = Fastify({ ...options, logger: { ...options.logger, stream } })
  await fastify.register(app, { config })
  t.teardown(async () => await fastify.close())
  const send = async (sql: string, params: unknown[] = []) => await fastify.inject({
    method: 'POST',
    url: '/query',
    payload: { sql, params },
    headers: { 'x-api-key': 'key', 'x-request-id': 'req-1', 'x-actor': 'analyst' }
  })
  const audited = () => lines.map((line) => JSON.parse(line)).filter(({ audit }) => audit === 'query')
  await send('select $1::text as "one\ntwo\u001b[31m\u202e"', ['value-secret'])
  await send('select $1::int', ['value-secret'])
  await send('select * from users.users')
  await send('select n from generate_series(1, 20000) n')
  await send(`select '${'x'.repeat(5000)}'`)
  t.match(audited(), [
    {
      reqId: 'req-1',
      caller: /^key:/,
      actor: 'analyst',
      ms: Number,
      rows: 1,
      outcome: 'ok',
      sql: 'select $1::text as "one\\u000atwo\\u001b[31m\\u202e"'
    },
    { outcome: 'QUERY_FAULTY', rows: 0, state: '22P02' }, { outcome: 'QUERY_FORBIDDEN', state: '42501' },
    { outcome: 'truncated', rows: 10_000 }, { outcome: 'ok' }
  ])
  t.ok(audited()[4].sql.length < 1100)
  t.equal(audited().length, 5)
  t.notMatch(lines.join('\n'), /value-secret/)
})
