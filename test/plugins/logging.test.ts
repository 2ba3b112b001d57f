import { Writable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import Fastify, { type InjectOptions } from 'fastify'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import app from '../../app.ts'
import { serverOptions } from '../../options.ts'
import { loadConfig, type Config } from '../../plugins/settings.ts'
import { freshDatabase, userId } from '../helper.ts'

/** The gateway as it runs, its log caught. */
async function openLogged (t: Test, settings: Partial<Record<keyof Config, string>> = {}) {
  const lines: string[] = []
  const stream = new Writable({
    write (chunk, _encoding, done) {
      lines.push(...String(chunk).split('\n').filter(Boolean))
      done()
    }
  })
  const SECRET_KEY = 'a secret for tests, of 32 characters or more'
  const config = {
    ...loadConfig({ NODE_ENV: 'test', DATABASE_URL: await freshDatabase(t), SECRET_KEY, ...settings }), SEED_DIR: ''
  }
  const options = serverOptions(config)
  const fastify = Fastify({ ...options, logger: { ...options.logger, stream } })
  await fastify.register(app, { config })
  await fastify.ready()
  t.teardown(async () => await fastify.close())
  const sql = postgres(config.DATABASE_URL!, { max: 1, onnotice: () => {} })
  t.teardown(async () => await sql.end({ timeout: 5 }))
  const entries = (): Record<string, unknown>[] => lines.map((line) => JSON.parse(line))
  const inject = async (request: InjectOptions | string) => {
    const answer = await fastify.inject(request)
    // Lines about requests are written together (common/request-log.ts).
    await sleep(50)
    return answer
  }
  return {
    inject, log: fastify.log, lines, sql, requests: () => entries().filter(({ msg }) => msg === 'request'), entries
  }
}

t.test('one line of JSON for each request, with its id', async (t) => {
  const { inject, lines, requests } = await openLogged(t, { LOG_LEVEL: 'info' })
  lines.length = 0
  const asked: [string, string, number][] = [
    ['GET', '/livez', 200], ['GET', '/products/1', 200], ['GET', '/nothing', 404], ['GET', '/users/x', 400],
    ['POST', '/users', 400],
    ['GET', '/users/%zz', 400]
  ]
  for (const [place, [method, url, status]] of asked.entries()) {
    const answer = await inject({ method: method as 'GET', url, headers: { 'x-request-id': `req-${place}` } })
    t.equal(answer.statusCode, status)
  }
  t.equal(lines.length, asked.length, lines.join('\n'))
  t.match(requests(), asked.map(([method, , status], place) => ({ level: 30, reqId: `req-${place}`, method, status })))
  t.match(requests()[1], { path: '/products/1', ms: Number, time: Number })
})

t.test('every line about a request carries its id, those about a fault too', async (t) => {
  const { inject, lines, entries, sql } = await openLogged(t, { LOG_LEVEL: 'info' })
  const made = await inject('/livez')
  t.equal(entries().at(-1)!.reqId, made.headers['x-request-id'], 'an id made here is the one answered')
  await sql`alter table products.aisles rename column aisle_name to renamed`
  lines.length = 0
  const { statusCode } = await inject({ url: '/aisles', headers: { 'x-request-id': 'broken' } })
  t.equal(statusCode, 500)
  t.match(entries(), [
    { level: 50, reqId: 'broken', err: { message: /list-aisles/, stack: /./ } },
    { level: 40, reqId: 'broken', msg: 'request', status: 500, path: '/aisles' }
  ])
})

t.test('nothing of people or secrets stands in the log, even at level trace', async (t) => {
  const { inject, log, lines, requests, sql } = await openLogged(t, {
    LOG_LEVEL: 'trace',
    API_KEYS: 'key-secret',
    ADMIN_API_KEYS: 'admin-key-secret',
    SECRET_KEY: 'signing-secret-signing-secret-1234',
    SMTP_URL: 'smtp://u:mail-secret@x'
  })
  const send = async (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, payload?: object | string,
    headers: Record<string, string> = {}
  ) =>
    await inject({
      method,
      url,
      ...payload !== undefined && { payload },
      headers: {
        'x-api-key': 'key-secret', 'content-type': 'application/json', cookie: 'session=cookie-secret', ...headers
      }
    })
  const person = {
    first_name: 'Name-secret',
    last_name: 'Name-secret',
    email_address: 'mail-secret@example.com',
    password: 'password-secret',
    city: 'city-secret'
  }
  const statuses = [
    await send('POST', '/users', person),
    await send('POST', '/users', person),
    await send('POST', '/users', { ...person, first_name: 5 }),
    await send('POST', '/users', '{"password":"password-secret"'),
    await send('POST', '/users/login', { email_address: 'mail-secret@example.com', password: 'password-secret' }),
    await send('POST', '/users/login', { email_address: 'mail-secret@example.com', password: 'wrong-secret' }),
    await send('PUT', `/users/${userId(1)}/password`, {
      current_password: 'password-secret', new_password: 'new-secret'
    }),
    await send('PUT', `/users/${userId(1)}/email`, {
      current_password: 'password', new_email_address: 'mail-secret@example.com'
    }),
    await send('DELETE', `/users/${userId(1)}`, { password: 'wrong-secret' }),
    await send('GET', '/users?q=mail-secret@example.com&token=token-secret'),
    await send('GET', '/products?q=query-secret&limit=0'),
    await send('GET', '/users/mail-secret%40example.com/cart'),
    await send('GET', '/livez', undefined, { authorization: 'Bearer bearer-secret' }),
    await send('GET', '/users', undefined, { 'x-api-key': 'wrong-secret' }),
    await send('GET', '/nothing', undefined, { authorization: 'Bearer key-secret' }),
    await send('GET', '/users/%zz', undefined, {
      authorization: 'Basic basic-secret', 'x-forwarded-for': 'address-secret'
    }),
    await send('GET', '/openapi.json')
  ].map(({ statusCode }) => statusCode)
  t.same(statuses, [201, 409, 400, 400, 200, 401, 400, 409, 400, 400, 400, 404, 200, 401, 404, 400, 200])
  t.equal(requests().length, statuses.length)

  // A fault of our own, in a statement with a person's data among its parameters.
  await sql`alter table users.users rename column phone_number to renamed`
  t.equal((await send('POST', '/users', { ...person, email_address: 'other-secret@example.com' })).statusCode, 500)
  t.match(lines.join('\n'), /users\/create-user/, 'the log names the statement')
  t.notMatch((await send('GET', '/openapi.json')).body, /secret-|-secret/, 'nor in the document')
  // A request or its headers logged as they are, by whoever adds such a line.
  log.info({
    req: { headers: { 'x-api-key': 'key-secret', authorization: 'Bearer key-secret', cookie: 'cookie-secret' } }
  })

  const found = lines.filter((line) => /secret|argon2/.test(line))
  t.same(found, [])
})
