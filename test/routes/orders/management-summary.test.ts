import t, { type Test } from 'tap'
import { NOBODY, openShop, refuses, type Shop } from '../../helper.ts'
import { settleAll } from '../../settle.ts'

const base = '/api/v1/orders/summary'
const STATUSES = ['pending', 'paid', 'delivered']
const KEYS = {
  day: "to_char(o.created_at at time zone 'UTC', 'YYYY-MM-DD')",
  week: "to_char(o.created_at at time zone 'UTC', 'IYYY-\"W\"IW')",
  month: "to_char(o.created_at at time zone 'UTC', 'YYYY-MM')",
  status: 'o.status',
  product: 'i.product_id::text'
}

interface Filter {
  status?: string,
  user_id?: string,
  product_id?: number,
  start_date?: string,
  end_date?: string
}

/** 240 orders from 20 December 2025 to 28 February 2026, of the users 1 to 4, some at the edges of days and months. */
async function makeOrders ({ sql }: Shop): Promise<void> {
  await sql`
    insert into orders.orders (id, user_id, order_number, order_dow, order_hour_of_day, status, created_at,
    total_quantity, total_price)
    select 1000 + n, n % 4 + 1, n, 0, 0, (${STATUSES}::text[])[n % 3 + 1],
      timestamptz '2025-12-20 00:00:00Z' + (n / 3) * interval '20 hours 59 minutes 0.123457 seconds', n % 7 + 1,
      (n % 97) * 1.37
    from generate_series(0, 239) n`
  await sql`update orders.orders set created_at = '2026-01-01T00:00:00Z' where id in (1044, 1045)`
  await sql`update orders.orders set created_at = '2026-01-31T23:59:59.999999Z' where id in (1140, 1141)`
  await sql`
    insert into orders.order_items (order_id, product_id, quantity, add_to_cart_order, product_name, ordered_at)
    select id, product, total_quantity, 1, 'a product', created_at
    from orders.orders, unnest(array[id % 6 + 1, case when id % 3 = 0 then id % 9 + 11 end]) product
    where product is not null`
}

/** The groups, straight from the tables. */
async function expected ({ sql }: Shop, by: keyof typeof KEYS, filter: Filter) {
  const end = filter.end_date && (/T/.test(filter.end_date) ? filter.end_date : `${filter.end_date}T23:59:59.999999Z`)
  const ofProduct = by === 'product' && filter.product_id
  return [...await sql`
    select ${sql.unsafe(KEYS[by])} as key, count(*)::int as orders, sum(o.total_quantity)::int as total_quantity,
      (sum(o.total_price) * 100)::int as total_amount_cents
    from orders.orders o join users.users u on u.id = o.user_id
    ${by === 'product' ? sql`join orders.order_items i on i.order_id = o.id` : sql``}
    where ${filter.status ? sql`o.status = ${filter.status}` : sql`true`}
      and ${filter.user_id ? sql`${filter.user_id} in (u.id::text, u.external_user_id::text)` : sql`true`}
      and ${filter.product_id
        ? sql`${filter.product_id} in (select product_id from orders.order_items i where i.order_id = o.id)`
        : sql`true`}
      and ${ofProduct ? sql.unsafe(`i.product_id = ${Number(filter.product_id)}`) : sql`true`}
      and ${filter.start_date ? sql`o.created_at >= ${filter.start_date}::text::timestamptz` : sql`true`}
      and ${end ? sql`o.created_at <= ${end}::text::timestamptz` : sql`true`}
    group by 1
    order by ${sql.unsafe(by === 'product' ? 'min(i.product_id)' : `(${KEYS[by]}) collate "C"`)}`]
}

const RANGES = [
  {}, { start_date: '2026-01-01', end_date: '2026-01-31' },
  { start_date: '2025-12-25T10:00:00Z', end_date: '2026-02-10T08:00:00Z' },
  { start_date: '2026-01-10T10:00:00Z', end_date: '2026-01-10T23:00:00Z' }, { start_date: '2026-01-20' },
  { end_date: '2026-01-20T12:00:00Z' }, { start_date: '2026-02-01', end_date: '2026-01-01' }
]

async function check (t: Test, shop: Shop): Promise<void> {
  for (const by of Object.keys(KEYS) as (keyof typeof KEYS)[]) {
    for (const range of RANGES) {
      for (const filter of [
        {}, { status: 'paid' }, { user_id: '2' }, { product_id: 4 }, { product_id: 4, status: 'delivered' },
        { product_id: 14, user_id: '3' }
      ]) {
        const query = new URLSearchParams(
          Object.entries({ group_by: by, ...range, ...filter }).map(([name, value]): [string, string] =>
            [name, String(value)]))
        const groups = await expected(shop, by, { ...range, ...filter })
        t.same((await shop.call('GET', `${base}?${query}`)).json, { groups }, String(query))
      }
    }
  }
}

t.test('sums are exact: of new orders, of settled ones, of busy months, and after changes', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  await makeOrders(shop)
  await t.test('none is settled', async (t) => await check(t, shop))

  await settleAll(sql, { latest: '2026-01-20T12:00:00Z' })
  await t.test('some are settled', async (t) => await check(t, shop))

  await sql`select orders.split_months(null, '-infinity', 'infinity', until, 5) from orders.settled_orders for update`
  t.ok((await sql`select from orders.busy_months`).length > 0)
  await t.test('some months are busy', async (t) => await check(t, shop))

  await settleAll(sql, { latest: '2026-02-20T00:00:00Z' })
  for (const [order, status] of [[1003, 'failed'], [1044, 'refunded'], [1141, 'failed']]) {
    t.equal((await call('PATCH', `/api/v1/orders/${order}`, { status })).status, 200)
  }
  await call('DELETE', '/orders/1045')
  await call('DELETE', '/orders/1239')
  await call('POST', '/orders/1000/items', [{ product_id: 4, quantity: 2 }])
  await sql`select orders.fold_totals(1000)`
  await t.test('most are settled, and some were changed since', async (t) => await check(t, shop))

  await sql`select orders.settle_all()`
  await t.test('all are settled at once', async (t) => await check(t, shop))
  t.same(await sql`
    select product_id, status, orders, total_quantity, total_price from orders.product_all_totals
    except select product_id, status, sum(orders), sum(total_quantity), sum(total_price) from orders.product_totals
    group by 1, 2`, [])
})

t.test('what cannot be grouped is a 400 that says what can', async (t) => {
  const { call } = await openShop(t)
  t.same((await call('GET', `${base}?group_by=day`)).json, { groups: [] })
  t.same((await call('GET', `${base}?group_by=product&user_id=${NOBODY}`)).json, { groups: [] })
  for (const query of ['', 'group_by=hour', 'group_by=day&status=lost', 'group_by=day&limit=3', 'group_by=']) {
    refuses(t, await call('GET', `${base}?${query}`), 400, 'INVALID_INPUT')
  }
  t.match((await call('GET', `${base}?group_by=hour`)).json.errors, [
    { field: 'group_by', message: 'must be one of day, week, month, status, product' }
  ])
  refuses(t, await call('GET', `${base}?group_by=day&user_id=x`), 400, 'INVALID_USER_ID')
})
