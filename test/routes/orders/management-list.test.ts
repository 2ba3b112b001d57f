import t from 'tap'
import { NOBODY, openShop, refuses, userId, type Shop } from '../../helper.ts'
import { settleAll } from '../../settle.ts'

const base = '/api/v1/orders'
const STATUSES = ['pending', 'paid', 'shipped', 'delivered', 'cancelled']

/**
 * 240 orders of the users 1 to 4 between 20 January and 28 March 2026, three at a time at the same moment; some at the
 * first and the last moment of a month. Each has one product of 1–6, and every third one of 11, 14, 17 too; quantity
 * and price differ.
 */
async function makeOrders ({ sql }: Shop): Promise<void> {
  await sql`
    insert into orders.orders (id, user_id, order_number, order_dow, order_hour_of_day, status, created_at,
    total_quantity, total_price)
    select 1000 + n, n % 4 + 1, n, 0, 0, (${STATUSES}::text[])[n % 5 + 1],
      timestamptz '2026-01-20 00:00:00Z' + (n / 3) * interval '20 hours 1 minute 0.123457 seconds', n % 7 + 1,
      (n % 97) * 1.37
    from generate_series(0, 239) n`
  await sql`update orders.orders set created_at = '2026-02-01T00:00:00Z' where id in (1044, 1045)`
  await sql`update orders.orders set created_at = '2026-02-28T23:59:59.999999Z' where id in (1140, 1141)`
  await sql`
    insert into orders.order_items (order_id, product_id, quantity, add_to_cart_order, product_name, ordered_at)
    select id, product, total_quantity, 1, 'a product', created_at
    from orders.orders, unnest(array[id % 6 + 1, case when id % 3 = 0 then id % 9 + 11 end]) product
    where product is not null`
}

interface Filter {
  status?: string,
  user_id?: string | number,
  product_id?: number,
  start_date?: string,
  end_date?: string
}

/** A moment without an offset is in UTC; a date is its midnight. */
const utc = (text: string) => /T.*(Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`

/** What fits, newest first, and its sums, straight from the tables. */
async function expected ({ sql }: Shop, filter: Filter) {
  const end = filter.end_date && (/T/.test(filter.end_date)
    ? sql`o.created_at <= ${utc(filter.end_date)}::text::timestamptz`
    : sql`o.created_at < ${utc(filter.end_date)}::text::timestamptz + interval '1 day'`)
  const rows = await sql<{ id: number, quantity: number, cents: number }[]>`
    select o.id::int, o.total_quantity::int as quantity, (o.total_price * 100)::int as cents
    from orders.orders o join users.users u on u.id = o.user_id
    where ${filter.status ? sql`o.status = ${filter.status}` : sql`true`}
      and ${filter.user_id ? sql`${String(filter.user_id)} in (u.id::text, u.external_user_id::text)` : sql`true`}
      and ${filter.product_id
        ? sql`${filter.product_id} in (select product_id from orders.order_items i where i.order_id = o.id)`
        : sql`true`}
      and ${filter.start_date ? sql`o.created_at >= ${utc(filter.start_date)}::text::timestamptz` : sql`true`}
      and ${end || sql`true`}
    order by o.created_at desc, o.id desc`
  const sum = (key: 'quantity' | 'cents') => rows.reduce((total, row) => total + row[key], 0)
  return {
    ids: rows.map(({ id }) => id), total: rows.length, total_quantity: sum('quantity'), total_amount_cents: sum('cents')
  }
}

const query = (parameters: object) => new URLSearchParams(Object.entries(parameters)
  .map(([key, value]): [string, string] => [key, String(value)]))
const ids = (orders: { order_id: number }[]) => orders.map((order) => order.order_id)

t.test('GET /api/v1/orders: filters combine, and the sums are those of every order that fits', async (t) => {
  const shop = await openShop(t)
  await shop.sql`update orders.settled_orders set until = '-infinity'`
  await makeOrders(shop)
  t.strictSame([...await shop.sql`select from orders.product_totals`], [], 'nothing is settled')
  const ranges: Filter[] = [
    {}, { start_date: '2026-02-01' }, { end_date: '2026-02-28' }, { start_date: '2026-02-01', end_date: '2026-02-28' },
    { start_date: '2026-02-10', end_date: '2026-02-10' },
    { start_date: '2026-02-01T00:00:00.000001Z', end_date: '2026-02-28T23:59:59.999998Z' },
    { start_date: '2026-01-25', end_date: '2026-03-14' },
    { start_date: '2026-02-01T02:00:00+02:00', end_date: '2026-03-01T00:00:00+00:00' },
    { end_date: '2026-02-01T00:00:00Z' }, { start_date: '2026-02-28T23:59:59.999999' },
    { start_date: '2026-02-20', end_date: '2026-02-10' }, { start_date: '2026-03-02', end_date: '2026-02-02' },
    { start_date: '2030-01-01' }, { end_date: '1999-12-31' }
  ]
  // Nothing settled; settled in the middle of a month, at the end of one, and all.
  for (const until of [null, '2026-02-14T12:00:00Z', '2026-03-01T00:00:00Z', '2026-11-01T00:00:00Z']) {
    if (until) await settleAll(shop.sql, { latest: until })
    for (const status of [undefined, 'paid', 'refunded']) {
      for (const user of [undefined, userId(2), 3, 5]) {
        for (const product of [undefined, 4, 14, 30]) {
          const wrong: unknown[] = []
          for (const range of ranges) {
            const filter = {
              ...status && { status }, ...user && { user_id: user }, ...product && { product_id: product }, ...range
            }
            const { ids: wanted, ...sums } = await expected(shop, filter)
            const { json } = await shop.call('GET', `${base}?${query({ ...filter, limit: 100 })}`)
            const { total, total_quantity: quantity, total_amount_cents: cents } = json
            const right =
              total === sums.total && quantity === sums.total_quantity && cents === sums.total_amount_cents &&
              ids(json.orders).join() === wanted.slice(0, 100).join()
            if (!right) wrong.push({ filter, total, quantity, cents, sums })
          }
          t.strictSame(wrong, [],
            `settled until ${until}: status ${status}, user ${user}, product ${product}, in ${ranges.length} ranges ` +
              'of time')
        }
      }
    }
  }
})

t.test('GET /api/v1/orders: pages', async (t) => {
  const shop = await openShop(t)
  await makeOrders(shop)
  const { call } = shop
  const { ids: all, ...sums } = await expected(shop, {})
  const first = (await call('GET', base)).json
  t.strictSame(Object.keys(first).sort(), [
    'limit', 'next_cursor', 'offset', 'orders', 'total', 'total_amount_cents', 'total_quantity'
  ])
  t.match(first, { limit: 20, offset: 0, ...sums })
  t.strictSame(ids(first.orders), all.slice(0, 20))
  t.strictSame(ids((await call('GET', `${base}/?limit=7&offset=20`)).json.orders), all.slice(20, 27))
  t.strictSame(ids((await call('GET', `${base}?limit=7&cursor=${first.next_cursor}`)).json.orders), all.slice(20, 27),
    'by cursor as by offset')
  t.match((await call('GET', `${base}?offset=1000`)).json, { orders: [], offset: 1000, next_cursor: null, ...sums },
    'past the end')
  t.match((await call('GET', `${base}?user_id=${NOBODY}`)).json, {
    orders: [], total: 0, total_quantity: 0, total_amount_cents: 0
  })

  // Both ways to a page that needs status and product: whichever are fewer.
  for (const filter of [{ status: 'paid', product_id: 4 }, { status: 'shipped', product_id: 14 }]) {
    const { ids: wanted } = await expected(shop, filter)
    const pages: number[] = []
    let cursor: string | null = ''
    while (cursor !== null) {
      const page: any = (await call('GET', `${base}?${query({ ...filter, limit: 3, ...cursor && { cursor } })}`)).json
      pages.push(...ids(page.orders))
      cursor = page.next_cursor
    }
    t.strictSame(pages, wanted, `${query(filter)}`)
  }
})

t.test('GET /api/v1/orders: what is no filter is a 400', async (t) => {
  const { call } = await openShop(t)
  const faults: Record<string, string[]> = {
    limit: ['0', '101', 'x', '1.5'],
    offset: ['-1', 'x'],
    status: ['sent', ''],
    product_id: ['x', '-1', '2147483648'],
    start_date: ['yesterday', '2026-02-30', ''],
    end_date: ['tomorrow', '20260310']
  }
  for (const [name, values] of Object.entries(faults)) {
    for (const value of values) {
      const refused = await call('GET', `${base}?${query({ [name]: value })}`)
      refuses(t, refused, 400, 'INVALID_INPUT')
      t.ok(refused.json.errors.some(({ field }: any) => field === name), `${name}=${value}`)
    }
  }
  for (const user of ['x', '-1', '1.5', '', 'ffffffff-ffff']) {
    refuses(t, await call('GET', `${base}?user_id=${user}`), 400, 'INVALID_USER_ID')
  }
  refuses(t, await call('GET', `${base}?cursor=x`), 400, 'INVALID_CURSOR')
})
