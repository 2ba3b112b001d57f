import t from 'tap'
import { all } from '../../checks.ts'
import { NOBODY, openShop, refuses, userId, type Shop } from '../../helper.ts'

const STATUSES = ['pending', 'paid', 'shipped', 'delivered', 'cancelled']

/**
 * 240 orders of the users 1 to 4 between 1 March and 6 May 2026, three at a time at the same moment, one of them the
 * first and one the last of a day. Each has one product of 1–6, and every third one of 11, 14, 17 too.
 */
async function makeOrders ({ sql }: Shop): Promise<void> {
  await sql`
    insert into orders.orders (id, user_id, order_number, order_dow, order_hour_of_day, status, created_at)
    select 1000 + n, n % 4 + 1, n, 0, 0, (${STATUSES}::text[])[n % 5 + 1],
      timestamptz '2026-03-01 00:00:00Z' + (n / 3) * interval '20 hours 1 minute 0.123457 seconds'
    from generate_series(0, 239) n`
  await sql`update orders.orders set created_at = '2026-03-10T00:00:00Z' where id = 1033`
  await sql`update orders.orders set created_at = '2026-03-10T23:59:59.999999Z' where id = 1034`
  await sql`
    insert into orders.order_items (order_id, product_id, add_to_cart_order, product_name, ordered_at)
    select id, product, 1, 'a product', created_at
    from orders.orders, unnest(array[id % 6 + 1, case when id % 3 = 0 then id % 9 + 11 end]) product
    where product is not null`
}

interface Filter { status?: string, user_id?: string, product_id?: number, from?: string, to?: string }

/** A moment without an offset is in UTC; a date is its midnight. */
const utc = (text: string) => /T.*(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`

/** The ids of all that fits, newest first, straight from the tables; the bounds as the contract reads them. */
async function idsOf ({ sql }: Shop, filter: Filter): Promise<string[]> {
  const to = filter.to && (/T/.test(filter.to)
    ? sql`o.created_at <= ${utc(filter.to)}::text::timestamptz`
    : sql`o.created_at < ${utc(filter.to)}::text::timestamptz + interval '1 day'`)
  const rows = await sql<{ id: string }[]>`
    select o.id::text as id from orders.orders o join users.users u on u.id = o.user_id
    where ${filter.status ? sql`o.status = ${filter.status}` : sql`true`}
      and ${filter.user_id ? sql`u.external_user_id = ${filter.user_id}` : sql`true`}
      and ${filter.product_id
        ? sql`${filter.product_id} in (select product_id from orders.order_items i where i.order_id = o.id)`
        : sql`true`}
      and ${filter.from ? sql`o.created_at >= ${utc(filter.from)}::text::timestamptz` : sql`true`}
      and ${to || sql`true`}
    order by o.created_at desc, o.id desc`
  return rows.map(({ id }) => id)
}

const query = (parameters: object) => new URLSearchParams(Object.entries(parameters)
  .map(([key, value]): [string, string] => [key, String(value)]))
const ids = (orders: { order_id: string }[]) => orders.map((order) => order.order_id)

t.test('GET /orders: filters combine, totals are exact, newest first', async (t) => {
  const shop = await openShop(t)
  await makeOrders(shop)
  const ranges: Filter[] = [
    {}, { from: '2026-03-10' }, { to: '2026-03-10' }, { from: '2026-03-10', to: '2026-03-10' },
    { from: '2026-03-05', to: '2026-04-20' },
    { from: '2026-03-10T00:00:00Z', to: '2026-03-10T23:59:59.999999Z' },
    { from: '2026-03-10T00:00:00.000001Z', to: '2026-03-10T23:59:59.999998Z' },
    { from: '2026-03-09T20:00:00Z', to: '2026-03-12T03:30:00' }, { from: '2026-03-10T02:00:00+02:00' },
    { to: '2026-03-10T00:00:00Z' },
    { from: '2026-03-20', to: '2026-03-10' }, { from: '2030-01-01' }, { to: '1999-12-31' }
  ]
  for (const status of [undefined, 'paid', 'refunded']) {
    for (const user of [undefined, userId(2), userId(5)]) {
      for (const product of [undefined, 4, 14]) {
        const wrong: unknown[] = []
        for (const range of ranges) {
          const filter = {
            ...status && { status }, ...user && { user_id: user }, ...product && { product_id: product }, ...range
          }
          const expected = await idsOf(shop, filter)
          const { json } = await shop.call('GET', `/orders?${query({ ...filter, limit: 100 })}`)
          const right = json.total === expected.length && ids(json.data).join() === expected.slice(0, 100).join()
          if (!right) wrong.push({ filter, total: json.total, expected: expected.length })
        }
        t.strictSame(wrong, [],
          `status ${status}, user ${user}, product ${product}, in ${ranges.length} ranges of time`)
      }
    }
  }
})

t.test('GET /orders: pages', async (t) => {
  const shop = await openShop(t)
  await makeOrders(shop)
  const { call } = shop
  const first = (await call('GET', '/orders')).json
  t.match(first, { success: true, message: 'Found 240 orders', total: 240, limit: 25, offset: 0 })
  t.equal(first.data.length, 25)
  all<any>(t, first.data, (order) => order.items.length > 0 && !('status_history' in order),
    'with items, without history')

  for (const filter of [
    {}, { status: 'paid' }, { product_id: 4 }, { user_id: userId(2) },
    { status: 'paid', product_id: 4, user_id: userId(2) }, { from: '2026-03-10', to: '2026-04-10' }
  ]) {
    const expected = await idsOf(shop, filter)
    t.ok(expected.length > 0)
    for (const limit of [1, 7, expected.length, 100]) {
      const byOffset: string[] = []
      const byCursor: string[] = []
      let cursor: string | null = null
      do {
        const parameters = { ...filter, limit: Math.min(limit, 100) }
        const page: any = (await call('GET', `/orders?${query({ ...parameters, ...cursor && { cursor } })}`)).json
        t.equal(page.total, expected.length, 'total is of all pages')
        const skipped = (await call('GET', `/orders?${query({ ...parameters, offset: byOffset.length })}`)).json
        byCursor.push(...ids(page.data))
        byOffset.push(...ids(skipped.data))
        if (page.next_cursor !== skipped.next_cursor) t.fail('both pages go on at the same place')
        cursor = page.next_cursor
      } while (cursor !== null && byCursor.length < 60)
      const end = cursor === null ? expected.length : byCursor.length
      t.strictSame(byCursor, expected.slice(0, end), `${query(filter)}, ${limit} a page: by cursor`)
      t.strictSame(byOffset, expected.slice(0, end), 'and by offset')
    }
  }
  const beyond = (await call('GET', '/orders?offset=1000')).json
  t.match(beyond, { data: [], total: 240, offset: 1000, next_cursor: null }, 'past the end')

  const { data: [last], next_cursor: cursor } = (await call('GET', '/orders?limit=1')).json
  await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] })
  const next = (await call('GET', `/orders?limit=1&cursor=${cursor}`)).json
  t.strictSame(ids(next.data), [String(Number(last.order_id) - 1)],
    'an order that was made in between does not move the next page')
  t.equal(next.total, 241)
})

t.test('GET /orders: what is no filter is a 400', async (t) => {
  const { call } = await openShop(t)
  const faults: Record<string, string[]> = {
    limit: ['0', '101', '-1', 'x', '1.5', ''],
    offset: ['-1', 'x', '0.5', '10000000000'],
    status: ['sent', 'PAID', ''],
    product_id: ['x', '-1', '2147483648'],
    from: ['yesterday', '2026-02-30', '2026-13-01', '2026-03-10T25:00:00Z', '1', ''],
    to: ['tomorrow', '2026-02-30', '20260310']
  }
  for (const [name, values] of Object.entries(faults)) {
    for (const value of values) {
      const refused = await call('GET', `/orders?${query({ [name]: value })}`)
      refuses(t, refused, 400, 'INVALID_INPUT')
      t.ok(refused.json.errors.some(({ field }: any) => field === name), `${name}=${value}`)
    }
  }
  refuses(t, await call('GET', '/orders?user_id=7'), 400, 'INVALID_USER_ID', 'Invalid user ID format')
  for (const cursor of ['x', 'b.1', '', Buffer.from('o1.2.3').toString('base64url'), 'A'.repeat(300)]) {
    const refused = await call('GET', `/orders?cursor=${cursor}`)
    t.equal(refused.status, 400, `cursor ${cursor.slice(0, 40)}`)
    t.match(refused.json.code, /^INVALID_(CURSOR|INPUT)$/)
  }
  t.strictSame((await call('GET', `/orders?user_id=${NOBODY}`)).json, {
    success: true, message: 'Found 0 orders', data: [], total: 0, limit: 25, offset: 0, next_cursor: null
  }, 'nobody has no orders')
  refuses(t, await call('GET', '/orders?colour=red'), 400, 'INVALID_INPUT')
})

t.test('GET /orders/user/{user_id}', async (t) => {
  const shop = await openShop(t)
  await makeOrders(shop)
  const { call } = shop
  const expected = await idsOf(shop, { user_id: userId(2) })
  const url = `/orders/user/${userId(2)}`
  const first = (await call('GET', url)).json
  t.match(first, { success: true, message: `Found 60 orders for user ${userId(2)}`, total: 60, limit: 20, offset: 0 })
  t.strictSame(ids(first.data), expected.slice(0, 20), 'the user’s orders, newest first')
  all<any>(t, first.data, (order) => order.user_id === userId(2) && order.items.length > 0, 'each with items')
  t.strictSame(ids((await call('GET', `${url}/?limit=100&offset=50`)).json.data), expected.slice(50))
  t.strictSame(ids((await call('GET', `${url}?cursor=${first.next_cursor}`)).json.data), expected.slice(20, 40))

  t.match((await call('GET', `/orders/user/${userId(5)}`)).json, {
    message: `Found 0 orders for user ${userId(5)}`, data: [], total: 0
  })
  refuses(t, await call('GET', `/orders/user/${NOBODY}`), 404, 'USER_NOT_FOUND', 'User not found')
  refuses(t, await call('GET', '/orders/user/2'), 400, 'INVALID_USER_ID', 'Invalid user ID format')
  refuses(t, await call('GET', `${url}?limit=101`), 400, 'INVALID_INPUT')
})
