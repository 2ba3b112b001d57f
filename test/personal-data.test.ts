import t, { type Test } from 'tap'
import { all, until } from './checks.ts'
import { openShop, userId, type Shop } from './helper.ts'
import { settleAll } from './settle.ts'
import { BOSS, tokenOf } from './people.ts'

/** Whatever is planted has this in it; nothing else in the shop has. */
const CANARY = 'canary'
const canary = (name: string) => `${CANARY}-${name}`

const PASSWORD = canary('password')
const person = {
  first_name: canary('first'),
  last_name: canary('last'),
  email_address: 'canary-early@example.com',
  phone_number: canary('phone'),
  street_address: canary('street'),
  city: canary('city'),
  postal_code: canary('postal'),
  country: canary('country')
}
const EMAIL = 'canary-email@example.com'
const delivery = (face: string) => Object.fromEntries([
  'delivery_name', 'phone_number', 'street_address', 'city', 'postal_code', 'country'
]
  .map((field) => [field, canary(`${face}-${field}`).slice(0, 32)]))
const address = (kind: string) => Object.fromEntries(['street', 'city', 'state', 'zipCode', 'country'].map(
  (field) => [field, canary(`${kind}-${field}`)]
))
const tracking = {
  tracking_number: canary('tracking'), tracking_url: `https://example.com/${canary('url')}`, shipping_carrier: 'UPS'
}
const invoice = Buffer.from(`%PDF-1.4 ${canary('invoice')}`)
const upstream = { 'x-user-id': canary('upstream'), 'x-user-email': EMAIL.toUpperCase() }

interface Planted { id: string, password: string, kept: string }

/**
 * One person who leaves data of every kind through every face. `kept` is an order that is still there, with an invoice.
 */
async function plant ({ call, sql, app }: Shop): Promise<Planted> {
  await sql`insert into gateway.event_publishers (queue, last_seen) values ('q', now()) on conflict do nothing`
  // Emails wait: one that is sent meanwhile forgets why it failed before.
  await sql`alter table gateway.emails alter next_attempt_at set default now() + interval '1 hour'`
  const succeeded = async (...request: Parameters<typeof call>) => {
    const answer = await call(...request)
    if (answer.status >= 300) throw new Error(`${request[0]} ${request[1]}: ${answer.text}`)
    return answer.json
  }
  let keys = 0
  const keyed = () => ({ 'idempotency-key': canary(`key-${keys++}`) })
  const items = [{ product_id: 7, quantity: 2 }]

  const { user_id: id } = await succeeded('POST', '/users', {
    ...person, password: PASSWORD, order_notifications_via_email: true
  })
  const [{ id: internal } = {}] = await sql`select id from users.users where external_user_id = ${id}`
  const early = await succeeded('POST', '/orders', { user_id: id, items }, keyed())
  await succeeded('PUT', `/users/${id}/email`, { current_password: PASSWORD, new_email_address: EMAIL })

  const service = await succeeded('POST', '/orders', { user_id: id, items, ...delivery('service'), ...tracking }, {
    ...keyed(), 'x-actor': 'Canary-First Canary-LAST'
  })
  const kept = service.data[0].order_id
  await succeeded('POST', '/legacy/orders', { user_id: id, items, ...delivery('legacy') }, keyed())
  await succeeded('POST', '/api/v1/orders', { user_id: Number(internal), items, status: 'paid' }, keyed())
  const { token } = await succeeded('POST', '/api/auth/login', { email: EMAIL, password: PASSWORD })
  const order = {
    items,
    shipping_address: address('shipping'),
    billing_address: address('billing'),
    customer_notes: canary('notes'),
    payment_method: 'card'
  }
  const own = await succeeded('POST', '/api/orders', order, { authorization: `Bearer ${token}`, ...keyed() })
  // Refused: an answer that belongs to no order, kept under the person's own name.
  await call('POST', '/api/orders', { items: [{ product_id: 31, quantity: 900 }] }, {
    authorization: `Bearer ${token}`, ...keyed()
  })
  await sql`update users.users set upstream_user_id = ${upstream['x-user-id']} where id = ${internal!}`
  await succeeded('POST', '/api/orders', order, { ...upstream, ...keyed() })
  await succeeded('PATCH', `/api/orders/${own.id}/cancel`, undefined, upstream)
  await succeeded('POST', `/carts/${id}/items`, { product_id: 3, quantity: 1 })
  await succeeded('POST', `/carts/${id}/checkout`, delivery('checkout'), keyed())
  await succeeded('POST', `/carts/${id}/items`, { product_id: 5, quantity: 1 })

  await succeeded('PUT', `/api/orders/${kept}`, { internal_notes: canary('internal'), status: 'shipped' }, BOSS)
  await succeeded('PATCH', `/orders/${kept}`, { note: canary('remark'), changed_by: EMAIL.toUpperCase() })
  await succeeded('PATCH', `/orders/${kept}`, { note: canary('staff-remark'), changed_by: 'warehouse' })
  const stored = await app.inject({
    method: 'PUT', url: `/orders/${kept}/invoice`, headers: { 'content-type': 'application/pdf' }, payload: invoice
  })
  if (stored.statusCode !== 200) throw new Error(stored.body)

  // An order that is no more: its events and the answers kept for its key outlast it.
  await succeeded('DELETE', `/orders/${early.data[0].order_id}`)
  await sql`update users.users set order_notifications_next_scheduled_time = now() - interval '1 second'
    where id = ${internal!}`
  await app.notifications.remind(10)
  await sql`update gateway.emails set last_error = ${canary('bounce')}`
  return { id, password: PASSWORD, kept }
}

/** Every row of every table, as text, that has the text in it. */
async function search ({ sql }: Shop, ...texts: string[]): Promise<string[]> {
  const tables = await sql<{ schema: string, name: string }[]>`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`
  const found = await Promise.all(tables.map(async ({ schema, name }) => {
    const rows = await sql<{ text: string }[]>`select t::text as text from ${sql(`${schema}.${name}`)} t`
    return rows.filter(({ text }) => texts.some((wanted) => text.toLowerCase().includes(wanted.toLowerCase())))
      .map(({ text }) => `${schema}.${name}: ${text}`)
  }))
  return found.flat()
}

const sums = async ({ sql }: Shop) => [
  await sql`select day, status, sum(orders) as orders, sum(total_quantity) as quantity, sum(total_price) as price
    from orders.order_totals group by 1, 2 having sum(orders) <> 0 order by 1, 2`,
  await sql`select * from orders.product_totals order by 1, 2, 3`,
  await sql`select id, order_number, order_reference, status, total_price, tax, shipping_cost, discount, total_amount,
    total_quantity, payment_method, created_at from orders.orders order by id`,
  await sql`select order_id, product_id, quantity, price from orders.order_items order by 1, 2`,
  await sql`select order_id, status, changed_at from orders.order_status_history order by history_id`
].map((rows) => [...rows])

const ways: Record<string, (shop: Shop, planted: Planted) => Promise<unknown>> = {
  'the gateway': async ({ call }, { id, password }) => await call('DELETE', `/users/${id}`, { password }),
  SQL: async ({ sql }, { id }) => await sql`delete from users.users where external_user_id = ${id}`
}

for (const [way, erase] of Object.entries(ways)) {
  t.test(`a person erased by ${way} is nowhere any more; the orders and their sums are`, async (t) => {
    const shop = await openShop(t)
    const { sql, call } = shop
    const planted = await plant(shop)
    await call('POST', '/orders', { user_id: userId(2), items: [{ product_id: 9 }], delivery_name: 'Somebody Else' }, {
      'x-actor': 'somebody', 'idempotency-key': 'other'
    })
    const published = await shop.app.events.claim(1, 30)
    await shop.app.events.markPublished(published.map(({ id }) => id))
    await settleAll(sql)
    const others = () => Promise.all([
      sql`select * from orders.orders where user_id = 2`,
      sql`select * from orders.outbox where payload ->> 'user_email' = 'user2@example.com'`,
      sql`select * from gateway.idempotency_keys where key = 'other'`,
      sql`select changed_by from orders.order_status_history where changed_by in ('somebody', 'warehouse') order by 1`
    ].map(async (rows) => [...await rows]))
    const [before, theirs] = [await sums(shop), await others()]
    all(t, theirs, (rows) => rows.length > 0, 'there is something to compare')
    const found = await search(shop, CANARY)
    for (const place of [
      'users.users', 'orders.orders', 'orders.order_status_history', 'orders.outbox', 'gateway.idempotency_keys',
      'gateway.emails'
    ]) t.ok(found.some((row) => row.startsWith(`${place}:`)), `${place} held the person`)
    const events = (await sql`select from orders.outbox where published_at is null`).length

    await erase(shop, planted)

    t.strictSame(await search(shop, CANARY, planted.id), [])
    t.strictSame(await sums(shop), before)
    t.strictSame(await others(), theirs, 'nothing of anybody else has changed')
    t.equal(
      (await sql`select from orders.outbox where published_at is null and payload ? 'user_email'
        and payload ->> 'user_email' is null`).length,
      events - 1, 'every event still goes out, without the address'
    )
    t.match([...await sql`select distinct changed_by from orders.order_status_history where changed_by = 'customer'`], [
      { changed_by: 'customer' }
    ])
    t.strictSame([...await sql`select document from orders.invoices`], [{ document: invoice }], 'books are kept')
    t.match((await call('GET', `/orders/${planted.kept}`)).json, {
      data: [{ user_id: null, delivery_name: null, status: 'shipped', total_price: 15.98 }]
    })
  })
}

t.test('the export tells a person everything that is stored, and no secret', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const { id, kept } = await plant(shop)
  const planted = new Set((await search(shop, CANARY)).join('\n').toLowerCase().match(/canary-[\w-]+/g))
  const isCredential = (text: string) => text === PASSWORD || text.startsWith('canary-key-')
  const ofDeletedOrder = ['canary-early']
  const ofStaff = ['canary-internal', 'warehouse', 'upstream:boss']
  const faces: Record<string, any> = {
    '/users/{user_id}/export': (await call('GET', `/users/${id}/export`)),
    '/legacy': await call('GET', `/legacy/users/${id}/export`),
    '/api/users/me/export': await call('GET', '/api/users/me/export', undefined, upstream)
  }
  for (const [face, { status, text }] of Object.entries(faces)) {
    t.equal(status, 200)
    const missing = [...planted].filter(
      (text) => !isCredential(text) && ![...ofDeletedOrder, ...ofStaff].includes(text)
    )
      .filter((value) => !text.toLowerCase().includes(value))
    t.strictSame(missing, [], face)
    for (const value of ofStaff) t.notOk(text.includes(value), `${face}: ${value} is about staff`)
    t.notMatch(text, /argon2|hashed_password|canary-password|canary-key/, `${face}: no secret`)
    t.notMatch(text, /"(id|version|external_user_id|last_order_number)":/, `${face}: no internal id or version`)
    t.equal(text, JSON.stringify(JSON.parse(text)), `${face}: compact`)
  }
  const [{ internal } = {}] = await sql`select id::int as internal from users.users where external_user_id = ${id}`
  t.ok(!JSON.stringify(faces['/users/{user_id}/export'].json).includes(`:${internal},`),
    'the internal id stands nowhere')
  t.match(faces['/users/{user_id}/export'].json.orders.find(({ order_id: order }: any) => order === kept), {
    invoice: `/orders/${kept}/invoice`, invoice_document: { content_type: 'application/pdf', size: invoice.length }
  })
  const makers = faces['/users/{user_id}/export']!.json.orders.flatMap(
    ({ status_history: history }: any) => history.map((entry: any) => entry.changed_by)
  )
  t.strictSame([...new Set(makers)].sort(), ['customer', null, 'shop'])
})

t.test('an event that a relay holds while the person is erased, and cannot publish, goes out without the address',
  async (t) => {
    const shop = await openShop(t)
    await shop.sql`insert into gateway.event_publishers (queue, last_seen) values ('q', now())`
    await shop.call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 7 }] })
    const [claimed] = await shop.app.events.claim(10, 30)
    t.match(claimed, { payload: /user1@example\.com/ })
    await shop.call('DELETE', `/users/${userId(1)}`, { password: 'password' })
    await shop.app.events.release([claimed!.id], 'the broker was away')
    const [again] = await shop.app.events.claim(10, 30)
    t.equal(again?.message_id, claimed!.message_id)
    t.match(JSON.parse(again!.payload), { event_type: 'order_created', user_email: null, total: 7.99 })
  })

t.test('nothing is left of a person who is erased while orders are placed, changed, and reminded of', async (t) => {
  const shop = await openShop(t)
  const { call, sql, app } = shop
  await sql`insert into gateway.event_publishers (queue, last_seen) values ('q', now())`
  await sql`update users.users set first_name = 'Canary', last_name = 'Person', email_address = ${EMAIL},
    order_notifications_via_email = true where id = 1`
  const me = tokenOf(shop, 1)
  const order = {
    items: [{ product_id: 33, quantity: 1 }], shipping_address: address('shipping'), customer_notes: canary('notes')
  }
  const { id } = (await call('POST', '/api/orders', order, me)).json
  const work = async (n: number) => {
    await new Promise((resolve) => setTimeout(resolve, n * 5))
    if (n % 4 === 0) {
      return await call('PATCH', `/orders/${id}`, { note: `Canary remark ${n}`, changed_by: 'Canary Person' })
    }
    if (n % 4 === 1) {
      return await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] }, {
        'idempotency-key': `k-${n}`
      })
    }
    if (n % 4 === 2) {
      await sql`update users.users set order_notifications_next_scheduled_time = now() - interval '1 second'
        where id = 1`
    }
    if (n % 4 === 2) await app.notifications.remind(10)
    return await call('POST', '/api/orders', order, { ...me, 'idempotency-key': `k-${n}` })
  }
  let done = 0
  const requests = Array.from({ length: 80 }, async (_, n) => await work(n).finally(() => { done++ }))
  await until(() => done >= 20, 'a quarter of the requests')
  t.equal((await call('DELETE', `/users/${userId(1)}`, { password: 'password' })).status, 200)
  const statuses = (await Promise.all(requests)).map(({ status }) => status)
  all(t, statuses, (status) => [200, 201, 401, 404].includes(status), 'served, or told that there is nobody')
  t.ok(statuses.includes(201), 'some before the erasure')
  t.equal((await work(81)).status, 404, 'and what comes after it')
  // What a remark says after the erasure is said about nobody any more, by whoever writes it.
  const left = (await search(shop, CANARY)).filter((row) => !row.startsWith('orders.order_status_history'))
  t.strictSame(left, [])
})

t.test('a person with 10,000 orders is erased within the time of a request', async (t: Test) => {
  const shop = await openShop(t)
  await shop.sql`insert into orders.orders (user_id, order_number, order_dow, order_hour_of_day, customer_name,
    customer_email)
    select 1, n, 1, 1, ${canary('name')}, ${canary('email')} from generate_series(1, 10000) n`
  await shop.sql`insert into gateway.event_publishers (queue, last_seen) values ('q', now())`
  await shop.sql`update orders.orders set status = 'paid'`
  const began = performance.now()
  t.equal((await shop.call('DELETE', `/users/${userId(1)}`, { password: 'password' })).status, 200)
  t.comment(`${Math.round(performance.now() - began)} ms`)
  t.strictSame(await search(shop, CANARY), [])
})
