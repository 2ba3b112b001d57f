import { isDeepStrictEqual } from 'node:util'
import type { Sql } from 'postgres'
import t from 'tap'
import { some } from './checks.ts'
import { NOBODY, openShop, refuses, userId, type Answer } from './helper.ts'
import { ADMIN, openWalk, type Operation } from './operations.ts'
import { place, times } from './placing.ts'
import { reset, stateOf } from './shelf.ts'

const DRY = { prefer: 'tx=rollback' }

/** Of a row, what no job of the gateway changes meanwhile. */
const KEPT: Record<string, string> = {
  'orders.outbox': "to_jsonb(t) - 'sequence'",
  'gateway.webhooks': 'array[t.id::text, t.url, t.secret, t.active::text, t.deleted_at::text]',
  'gateway.webhook_deliveries': 't.id'
}

/** What there is in every table of the shop, by its name. Jobs of the gateway itself write to the others. */
async function contentsOf (sql: Sql): Promise<Record<string, string>> {
  const tables = await sql<{ name: string }[]>`
    select format('%I.%I', n.nspname, c.relname) as name
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and (
      n.nspname in ('users', 'products', 'orders')
        and c.relname not in ('event_feed', 'popularity_changes', 'rankings')
      or n.nspname = 'gateway' and c.relname in ('emails', 'idempotency_keys', 'webhooks', 'webhook_deliveries'))`
  const sums = tables.map(({ name }) => {
    const row = `(${KEPT[name] ?? 't'})::text`
    return `select '${name}' as name, md5(string_agg(${row}, '|' order by ${row})) as sum from ${name} t`
  })
  const found = await sql.unsafe<{ name: string, sum: string }[]>(sums.join(' union all '))
  return Object.fromEntries(found.map(({ name, sum }) => [name, sum]))
}

/** The names in a response and the kinds of what they have: ids and times differ. */
const shapeOf = (json: unknown): unknown => JSON.parse(JSON.stringify(json ?? null, (_key, value) =>
  ['string', 'number'].includes(typeof value) ? typeof value : value))

const applied = ({ headers }: Answer) => headers['preference-applied'] === 'tx=rollback'

/** Bodies where the example is of another shop. */
const BODIES: Record<string, object> = {
  'POST /users/login': { email_address: 'user1@example.com', password: 'password' },
  'POST /api/auth/login': { email: 'user1@example.com', password: 'password' },
  'POST /carts': { user_id: userId(2), items: [{ product_id: 1, quantity: 2 }] },
  'POST /api/carts': { user_id: 'me', items: [{ product_id: 1, quantity: 2 }] },
  'POST /carts/{user_id}/merge': { items: [{ product_id: 3, quantity: 2 }] },
  'POST /api/carts/{user_id}/merge': { items: [{ product_id: 3, quantity: 2 }] },
  'PATCH /api/v1/users/{user_id}': { full_name: 'Ada King' },
  'PATCH /api/v1/webhooks/{webhook_id}': { url: 'https://another.example' }
}
const PASSWORDS = { password: 'password', current_password: 'password' }

/**
 * Writes that find nothing to do here: a link of no email, jobs that have not failed; `/query` reads. What is delivered
 * again a job delivers meanwhile, too.
 */
const IDLE = [
  'POST /notifications/unsubscribe', 'POST /query', 'POST /api/v1/jobs/{queue}/failed/retry',
  'POST /api/v1/jobs/{queue}/failed/{id}/retry', 'POST /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver'
]

function requestOf ({ method, template, example }: Operation): { name: string, body: unknown, type: object } {
  const name = `${method} ${template}`
  if (template.includes('/import/')) {
    return { name, body: 'product_id,stock\n31,9\n', type: { 'content-type': 'text/csv' } }
  }
  if (template.endsWith('/invoice')) return { name, body: '%PDF-1.7', type: { 'content-type': 'application/pdf' } }
  const given = BODIES[name] ?? example
  if (given === undefined || Array.isArray(given) || name.endsWith('/users') || name.endsWith('/register')) {
    return { name, body: given, type: {} }
  }
  const passwords = Object.entries(PASSWORDS).filter(([key]) => key in given)
  return { name, body: { ...given, ...Object.fromEntries(passwords) }, type: {} }
}

t.test('a dry run of any write changes no table, and responds as the write does', async (t) => {
  const { operations, ask, sql, app } = await openWalk(t)
  await ask('PUT', `/carts/${userId(1)}`, { items: [{ product_id: 1, quantity: 5 }, { product_id: 2 }] })
  const state = await stateOf(sql)
  const before = await contentsOf(sql)
  const idle: string[] = []
  const writes = operations.filter(({ method }) => !['GET', 'HEAD'].includes(method))
  for (const operation of some(t, writes, 'writes')) {
    const { method, path } = operation
    const { name, body, type } = requestOf(operation)
    const headers = { ...ADMIN, ...type, 'idempotency-key': 'k' }
    const tried = await ask(method, path, body, { ...headers, ...DRY })
    t.ok(applied(tried), `${name}: Preference-Applied`)
    t.same(await contentsOf(sql), before, `${name}: no table has changed`)
    const done = await ask(method, path, body, headers)
    t.equal(done.status, tried.status, `${name}: the status that it then has`)
    t.same(shapeOf(tried.json), shapeOf(done.json), `${name}: and its response`)
    t.equal(done.headers['idempotency-replayed'], undefined, `${name}: the key was not used up`)
    t.notOk(applied(done), `${name}: not said without being asked`)
    if (isDeepStrictEqual(await contentsOf(sql), before)) idle.push(name)
    await reset(sql, state)
  }
  t.same(idle.sort(), IDLE.sort(), 'all others would have changed something')
  t.equal(app.database.dryRuns.gate.active, 0, 'no connection is kept')
})

t.test('a refused dry run changes nothing either, and says the same', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const json = { 'content-type': 'application/json' }
  const before = await contentsOf(sql)
  const cases: [Parameters<typeof call>[0], string, unknown, number, string, Record<string, string>?][] = [
    ['POST', '/orders', { user_id: userId(1), items: [{ product_id: 31, quantity: 999_999 }] }, 409,
      'INSUFFICIENT_STOCK'],
    ['POST', '/orders', { user_id: userId(1), items: [{ product_id: 987_654 }] }, 400, 'PRODUCTS_NOT_FOUND'],
    ['POST', '/orders', { user_id: NOBODY, items: [{ product_id: 1 }] }, 404, 'USER_NOT_FOUND'],
    ['POST', '/orders', '{', 400, 'INVALID_JSON', json],
    ['PUT', `/users/${userId(1)}`, { city: 'x' }, 412, 'PRECONDITION_FAILED', { 'if-match': '"old"' }],
    ['POST', '/users/login', { email_address: 'user1@example.com', password: 'wrong' }, 401, 'INVALID_CREDENTIALS']
  ]
  for (const [method, path, body, status, code, headers] of cases) {
    const answer = await call(method, path, body, { ...headers, ...DRY, 'idempotency-key': code })
    refuses(t, answer, status, code)
    t.ok(applied(answer), code)
    t.same(await contentsOf(sql), before, `${code}: no table has changed`)
  }
  refuses(t, await call('POST', '/carts', { user_id: userId(1) }, { prefer: 'tx=rolback' }), 400, 'INVALID_INPUT')
  t.same(await contentsOf(sql), before, 'a misspelled preference does not write')
  for (const prefer of ['return=minimal, TX="rollback"; a=b', 'tx=rollback, tx=commit']) {
    t.ok(applied(await call('POST', '/carts', { user_id: userId(1) }, { prefer })), prefer)
  }
  t.same(await contentsOf(sql), before)
})

t.test('orders tried among orders made leave no hole, take no stock, and use no key up', async (t) => {
  // Events are recorded where a broker is named, whether or not there is one.
  const shop = await openShop(t, { RABBITMQ_URL: 'amqp://127.0.0.1:1' })
  const { call, sql } = shop
  const items = [{ product_id: 33, quantity: 1 }]
  const key = { 'idempotency-key': 'k-1' }
  const made = await place(shop, 1, items, key)
  const tried = await place(shop, 1, items, { ...key, ...DRY })
  t.match(tried, { status: 201, json: { data: [{ order_number: 2 }] } }, 'a key of before is no repeat')
  t.not(tried.json.data[0].order_id, made.json.data[0].order_id)
  const all = await times(24, async (n) => await place(shop, 1, items, n % 2 ? DRY : {}))
  t.same(new Set(all.map(({ status }) => status)), new Set([201]))
  const orders = await sql<{ order_number: number }[]>`select order_number from orders.orders order by order_number`
  t.same(orders.map((order) => order.order_number), Array.from({ length: 13 }, (_, n) => n + 1))
  t.equal((await sql`select from orders.outbox`).length, 13, 'an event for each that was made')
  t.equal((await place(shop, 1, items, key)).headers['idempotency-replayed'], 'true', 'the key has its first response')

  await call('PATCH', `/orders/${made.json.data[0].order_id}`, { status: 'paid' })
  const seen = await call('GET', `/users/${userId(1)}/order-status-notifications`, undefined, DRY)
  t.ok(applied(seen), 'a read that writes is tried, too')
  t.equal(seen.json.length, 1)
  t.equal((await call('GET', `/users/${userId(1)}/order-status-notifications`)).json.length, 1, 'still unread')
  t.notOk(applied(await call('GET', '/products', undefined, DRY)), 'a read that only reads takes no notice')
})

t.test('a dry run of several statements sees what it wrote, and leaves no caller behind', async (t) => {
  const { call, sql } = await openShop(t)
  const caller = { 'x-user-id': 'guest-7', 'x-user-email': 'guest7@example.com' }
  const before = await contentsOf(sql)
  const answer = await call('POST', '/api/carts/me/items', { product_id: 1 }, { ...caller, ...DRY })
  t.match(answer, { status: 200, json: { user_id: 'guest-7', total_items: 1 } })
  const order = await call('POST', '/api/orders', { items: [{ product_id: 1, quantity: 1 }] }, { ...caller, ...DRY })
  t.match(order, { status: 201, json: { user_id: 'guest-7' } })
  t.same(await contentsOf(sql), before)
})
