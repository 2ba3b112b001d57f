import t from 'tap'
import { CANARY, invoice, PASSWORD, plant, search, upstream, type Planted } from './canary.ts'
import { all } from './checks.ts'
import { openOwnShop, userId, type Shop } from './helper.ts'
import { settleAll } from './settle.ts'

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
    const shop = await openOwnShop(t)
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
      // The feed gives events their place meanwhile.
      sql`select to_jsonb(o) - 'sequence' as event from orders.outbox o
        where payload ->> 'user_email' = 'user2@example.com'`,
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
  const shop = await openOwnShop(t)
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
