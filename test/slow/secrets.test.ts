import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { once } from 'node:events'
import { createHmac } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import postgres from 'postgres'
import { SMTPServer } from 'smtp-server'
import t, { type Test } from 'tap'
import { startGateway } from '../gateway.ts'
import { all } from '../checks.ts'
import { findings, passwords, secret } from './canaries.ts'

t.setTimeout(180_000)

const SECRETS = {
  API_KEYS: secret('api-key'),
  ADMIN_API_KEYS: secret('admin-key'),
  SECRET_KEY: secret('signing-key-of-thirty-two-characters')
}
const [email, name] = ['canary-mail@example.com', 'Canary-Name']

/** A mail server that lets nobody in, and repeats what it was told. */
async function openSuspiciousMailServer (t: Test): Promise<{ port: number, attempts: () => number }> {
  let attempts = 0
  const server = new SMTPServer({
    hideSTARTTLS: true,
    allowInsecureAuth: true,
    logger: false,
    onAuth: ({ username, password }, _session, callback) => {
      attempts++
      const plain = Buffer.from(`\0${username}\0${password}`).toString('base64')
      callback(
        Object.assign(new Error(`not ${username} with ${password} (AUTH PLAIN ${plain})`), { responseCode: 535 })
      )
    }
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  t.teardown(async () => await new Promise<void>((resolve) => server.close(resolve)))
  return { port: (server.server.address() as AddressInfo).port, attempts: () => attempts }
}

async function filesUnder (folder: string): Promise<[string, string][]> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    // The embedded database's own files are the database, and these two files are where secrets are kept.
    .filter(
      (entry) => entry.isFile() && !join(entry.parentPath, entry.name).startsWith(join(folder, 'postgres/')) &&
        !['postgres.password', 'secret-key'].includes(entry.name)
    )
  return await Promise.all(files.map(
    async ({ parentPath, name }) => [name, await readFile(join(parentPath, name), 'latin1')] as [string, string]
  ))
}

const HASH = /\$argon2|SCRAM-SHA-256\$/
const TOKEN = /eyJ[\w-]{10,}\.[\w-]+/
/** The example in the API's document: its signature is the word. */
const EXAMPLE_TOKEN = 'eyJhbGciOiJIUzI1NiJ9.eyJ1c2VySWQiOiI1NGUwMmU5ZiJ9.c2lnbmF0dXJl'

t.test('no secret and no password stands in anything the process writes, even at level trace', async (t) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'db-service-secrets-'))
  t.teardown(async () => await rm(dataDir, { recursive: true, force: true }))
  const mail = await openSuspiciousMailServer(t)
  const gateway = await startGateway(t, {
    ...SECRETS,
    LOG_LEVEL: 'trace',
    DATA_DIR: dataDir,
    SMTP_URL: `smtp://mailer:${passwords.smtp}@127.0.0.1:${mail.port}`,
    RABBITMQ_URL: `amqp://nobody:${passwords.amqp}@127.0.0.1:5672`
  })
  const embedded = (await readFile(join(dataDir, 'postgres.password'), 'utf8')).trim()
  const [pid, , , port] = (await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')
  const sql = postgres(`postgres://postgres:${embedded}@127.0.0.1:${port}/db_service`, { max: 1, onnotice: () => {} })

  const answers: { where: string, text: string, headers: Headers }[] = []
  const key = { 'x-api-key': SECRETS.API_KEYS }
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = key) => {
    const response = await fetch(gateway.url + path, {
      method,
      headers: { ...body !== undefined && { 'content-type': 'application/json' }, ...headers },
      ...body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }
    })
    const text = await response.text()
    answers.push({ where: `${method} ${path.split('?')[0]} ${response.status}`, text, headers: response.headers })
    return {
      status: response.status,
      json: /json/.test(response.headers.get('content-type') ?? '') ? JSON.parse(text) : undefined,
      headers: response.headers
    }
  }

  // People: right and wrong passwords, on each face.
  const person = {
    first_name: name,
    last_name: name,
    email_address: email,
    password: passwords.first,
    order_notifications_via_email: true
  }
  const { user_id: id } = (await send('POST', '/users', person)).json
  t.ok(id)
  await send('POST', '/users', person)
  await send('POST', '/users', { ...person, city: 5 })
  await send('POST', '/legacy/users', { ...person, first_name: null })
  await send('POST', '/users', `{"email_address":"${email}","password":"${passwords.first}"`)
  await send('POST', '/legacy/users/login', `{"password": ${passwords.first}}`)
  for (const password of [passwords.first, passwords.wrong]) {
    await send('POST', '/users/login', { email_address: email, password })
    await send('POST', '/legacy/users/login', { email_address: email, password })
  }
  await send('PUT', `/users/${id}/password`, { current_password: passwords.wrong, new_password: passwords.next })
  await send('PUT', `/users/${id}/password`, { current_password: passwords.first, new_password: passwords.next })
  await send('PUT', `/users/${id}/email`, {
    current_password: passwords.wrong, new_email_address: 'canary-other@example.com'
  })
  await send('PUT', `/users/${id}/email`, { current_password: passwords.next, new_email_address: 'demo@example.com' })
  await send('DELETE', `/users/${id}`, { password: passwords.wrong })
  await send('GET', `/users/${email}`)
  await send('GET', `/users?q=${email}`)
  await send('GET', `/users/${id}/export`)

  // Tokens: their own answers hold them, and nothing else.
  const registration = { email: 'canary-front@example.com', password: passwords.first, firstName: name, lastName: name }
  const tokens = await Promise.all(
    [['/api/auth/register', registration], ['/api/auth/login', { email, password: passwords.next }]].map(
      async ([path, body]) =>
        (await fetch(gateway.url + path, {
          method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body)
        })).json()
    )
  ) as { token: string }[]
  all(t, tokens, ({ token }) => TOKEN.test(token), 'a token each')
  await send('POST', '/api/auth/login', { email, password: passwords.wrong }, {})
  const unsubscribe =
    `${id}.${createHmac('sha256', SECRETS.SECRET_KEY).update(`unsubscribe ${id}`).digest('base64url')}`
  for (const token of [tokens[1]!.token, `${tokens[1]!.token}x`, secret('no-token')]) {
    const headers = { authorization: `Bearer ${token}` }
    await send('GET', '/api/users/me', undefined, headers)
    await send('POST', '/api/orders', { items: [{ product_id: 1, quantity: 1 }] }, {
      ...headers, 'idempotency-key': secret('idempotency-key')
    })
    await send('GET', '/api/v1/orders', undefined, headers)
    await send('GET', '/users', undefined, headers)
  }
  for (const headers of [
    { 'x-api-key': SECRETS.ADMIN_API_KEYS }, { authorization: `Bearer ${SECRETS.ADMIN_API_KEYS}` }, key,
    { authorization: `Bearer ${SECRETS.API_KEYS}` }, { 'x-api-key': secret('no-key') }
  ]) {
    for (const path of ['/users?limit=1', '/api/v1/users?limit=1', '/metrics', '/nothing']) {
      await send('GET', path, undefined, headers)
    }
  }

  // What the login of /query must not read.
  for (const statement of [
    'select hashed_password from users.users', 'select * from users.users', 'select rolpassword from pg_authid',
    'select passwd from pg_shadow',
    "select current_setting('db_service.actor')", 'select query from pg_stat_activity',
    "select pg_read_file('postgresql.conf')",
    'select product_name::int from products'
  ]) t.ok([400, 403].includes((await send('POST', '/query', { sql: statement })).status), statement)
  await send('POST', '/query', { sql: 'select $1::int', params: [passwords.first] })
    .then(({ status }) => t.equal(status, 400))
  // That message repeats the caller's own parameter, as PostgreSQL's do.
  answers.pop()

  // Faults of our own, with people among the parameters.
  await sql`alter table users.users rename column phone_number to renamed`
  t.equal((await send('POST', '/users', { ...person, email_address: 'canary-broken@example.com' })).status, 500)
  await sql`alter table users.users rename column renamed to phone_number`
  await sql`alter table users.users add constraint broken check (city <> 'canary-city')`
  await send('PUT', `/users/${id}`, { city: 'canary-city' })

  // Emails that the server refuses, and why, for operators to read.
  const placed = (await send('POST', '/orders', { user_id: id, items: [{ product_id: 1 }] }, {
    ...key, 'idempotency-key': secret('idempotency-key')
  })).json.data[0]
  await send('PATCH', `/orders/${placed.order_id}`, { status: 'shipped' })
  while (mail.attempts() === 0 || (await sql`select from gateway.emails where last_error is not null`).length === 0) {
    await sleep(50)
  }
  await sql`update gateway.emails set failed_at = now()`
  const { json: queues } = await send('GET', '/api/v1/jobs', undefined, { 'x-api-key': SECRETS.ADMIN_API_KEYS })
  for (const { queue } of queues.queues ?? queues) {
    await send('GET', `/api/v1/jobs/${queue}/failed`, undefined, { 'x-api-key': SECRETS.ADMIN_API_KEYS })
  }
  t.match(JSON.stringify([...await sql`select last_error from gateway.emails`]), /535/)

  const page = await send('GET', `/notifications/unsubscribe?token=${unsubscribe}`, undefined, {})
  t.equal(page.headers.get('referrer-policy'), 'no-referrer', 'the address with the token goes nowhere')
  await send('POST', `/notifications/unsubscribe?token=${unsubscribe}`, undefined, {})
  await send('GET', `/notifications/unsubscribe?token=${secret('no-token')}`, undefined, {})
  for (const path of ['/openapi.json', '/docs', '/docs/json', '/redoc', '/', '/health', '/metrics']) {
    await send('GET', path)
  }

  const activity = JSON.stringify([...await sql`select query from pg_stat_activity where pid <> pg_backend_pid()`])
  const stored = JSON.stringify([
    ...await sql`select last_error from gateway.emails union all select last_error from orders.outbox`
  ])
  await sql.end({ timeout: 1 })
  process.kill(Number(pid), 'SIGINT')
  while ((await send('GET', '/health')).status !== 503) await sleep(50)
  t.equal((await send('POST', '/users/login', { email_address: email, password: passwords.next })).status, 503)
  await sleep(1000)
  gateway.process.kill('SIGTERM')
  await gateway.ended

  const plain = (user: string, password: string) => Buffer.from(`\0${user}\0${password}`).toString('base64')
  const secrets = [
    ...Object.values(SECRETS), ...Object.values(passwords), embedded, ...tokens.map(({ token }) => token), unsubscribe,
    secret('no-token'), secret('no-key'), secret('idempotency-key'), plain('mailer', passwords.smtp), HASH, TOKEN
  ]
  const people = [/canary-\w+@/i, name]
  const leaks = [
    ...findings('the log', gateway.output(), [...secrets, ...people]),
    ...answers.flatMap(
      ({ where, text, headers }) => [
        ...findings(where, text.replaceAll(EXAMPLE_TOKEN, ''), secrets),
        ...findings(`${where}, headers`, JSON.stringify([...headers]), secrets)
      ]
    ),
    ...findings('pg_stat_activity', activity, secrets),
    ...findings('reasons kept', stored, [...secrets, ...people]),
    ...(await filesUnder(dataDir)).flatMap(([file, text]) => findings(file, text, [...secrets, ...people]))
  ]
  t.strictSame(leaks, [])
  t.ok(gateway.output().length > 10_000 && (await filesUnder(dataDir)).some(([file]) => file === 'postgres.log'),
    'there was something to search')
})
