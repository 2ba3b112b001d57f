import postgres from 'postgres'
import t, { type Test } from 'tap'
import { freshDatabase } from '../helper.ts'

/** An order at these moments; each is looked up only where no sum of a day or a month has it. */
const MOMENTS = [
  '2024-03-30T09:59:59.999999Z', '2024-03-30T10:00:00Z', '2024-03-31T12:00:00Z', '2024-04-15T12:00:00Z',
  '2024-05-01T12:00:00Z',
  '2024-05-02T08:00:00Z', '2024-05-02T08:00:00.000001Z'
]

/**
 * A shop whose sums tell where an answer comes from: 1 for an order that is looked up, 100 for a day, 10,000 for a
 * month.
 */
async function shopOfSums (t: Test) {
  const sql = postgres(await freshDatabase(t), { max: 1, onnotice: () => {} })
  t.teardown(async () => await sql.end({ timeout: 5 }))
  await sql.begin(async (sql) => {
    await sql`set local db_service.loading = 'on'`
    await sql`delete from orders.orders`
    await sql`
      insert into orders.orders (order_dow, order_hour_of_day, status, created_at, total_quantity, total_price)
      select 0, 0, 'delivered', moment, 1, 1 from unnest(${MOMENTS}::text[]::timestamptz[]) moment`
    await sql`insert into orders.order_items (order_id, product_id, product_name, quantity, add_to_cart_order,
      ordered_at) select id, 1, 'one', 1, 1, created_at from orders.orders`
    await sql`delete from orders.order_totals`
    await sql`delete from orders.order_month_totals`
    await sql`delete from orders.product_totals`
    await sql`
      insert into orders.order_totals (day, status, shard, orders, total_quantity, total_price)
      select day::date, 'delivered', -1, 100, 100, 100 from generate_series('2024-03-01'::timestamp, '2024-05-31',
      '1 day') day`
    await sql`
      insert into orders.order_month_totals (month, status, orders, total_quantity, total_price)
      select month, 'delivered', 10000, 10000, 10000 from unnest('{2024-03-01,2024-04-01,2024-05-01}'::date[]) month`
    await sql`
      insert into orders.product_totals (product_id, status, month, orders, total_quantity, total_price)
      select 1, 'delivered', month, 10000, 10000, 10000 from unnest('{2024-03-01,2024-04-01,2024-05-01}'::date[]) month`
  })
  return {
    sql,
    sum: async (product: number | null, from: string, to: string) => (await sql`
      select orders::int, total_quantity::int as quantity, total_price::int as price from orders.sum_matching(null,
      'delivered', ${product}, ${from}::text::timestamptz, ${to}::text::timestamptz)`)[0]
  }
}

const all = (n: number) => ({ orders: n, quantity: n, price: n })

t.test('whole days and months come from the sums, the rest order by order', async (t) => {
  const { sum } = await shopOfSums(t)
  const ranges: [string, string, number, string][] = [
    [
      '2024-03-30T10:00:00Z', '2024-05-02T08:00:00Z', 1 + 100 + 10_000 + 100 + 1,
      'the order at 10:00, 31 March, April, 1 May, the order at 08:00'
    ],
    [
      '2024-03-30T00:00:00Z', '2024-05-01T23:59:59.999999Z', 2 * 100 + 10_000 + 100,
      'two days that begin and end with the range, April, 1 May'
    ],
    [
      '2024-03-30T00:00:00.000001Z', '2024-05-02T00:00:00Z', 2 + 100 + 10_000 + 100,
      'a microsecond later 30 March is no whole day; 2 May is but a moment'
    ],
    ['2024-04-01T00:00:00Z', '2024-04-30T23:59:59.999999Z', 10_000, 'a month'],
    [
      '2024-04-01T00:00:00Z', '2024-04-30T23:59:59.999998Z', 29 * 100, 'a month without its last microsecond is 29 days'
    ],
    ['2024-04-10T00:00:00Z', '2024-04-19T23:59:59.999999Z', 10 * 100, 'ten days within a month'],
    ['2024-03-30T09:00:00Z', '2024-03-30T12:00:00Z', 2, 'two orders within a day'],
    ['2024-03-30T23:00:00Z', '2024-03-31T13:00:00Z', 1, 'an order after midnight, and no whole day'],
    ['2024-05-02T08:00:00Z', '2024-05-02T08:00:00Z', 1, 'one moment, both ends included'],
    ['2024-05-02T08:00:00Z', '2024-05-02T07:00:00Z', 0, 'nothing'],
    [
      '2024-03-31T23:30:00-02:00', '2024-05-01T01:30:00+02:00', 28 * 100,
      'days are those of UTC: from 1 April 01:30 to 30 April 23:30'
    ]
  ]
  for (const [from, to, expected, message] of ranges) {
    t.strictSame(await sum(null, from, to), all(expected), `${from} to ${to}: ${message}`)
  }
})

t.test('of a product, whole months come from the sums, the rest and what is not settled order by order', async (t) => {
  const { sql, sum } = await shopOfSums(t)
  const settle = async (until: string) => await sql`update orders.settled_orders set until = ${until}`
  await settle('2024-06-01T00:00:00Z')
  t.strictSame(await sum(1, '2024-03-30T10:00:00Z', '2024-05-02T08:00:00Z'), all(2 + 10_000 + 2),
    'two orders in March, April, two orders in May')
  t.strictSame(await sum(1, '2024-04-01T00:00:00Z', '2024-05-31T23:59:59.999999Z'), all(2 * 10_000), 'two months')
  t.strictSame(await sum(1, '2024-04-01T00:00:00.000001Z', '2024-04-30T23:59:59.999999Z'), all(10_000),
    'a month without its first microsecond is the month, without the orders of that microsecond')
  t.strictSame(await sum(1, '2024-04-15T13:00:00Z', '2024-05-31T23:59:59.999999Z'), all(2 * 10_000 - 1),
    'the larger part of April is April without the rest')
  t.strictSame(await sum(1, '2024-04-15T12:00:00Z', '2024-04-16T12:00:00Z'), all(1), 'a day is an order')
  t.strictSame(await sum(2, '2024-03-30T10:00:00Z', '2024-05-02T08:00:00Z'), all(0), 'another product')
  await settle('2024-04-10T00:00:00Z')
  t.strictSame(await sum(1, '2024-03-30T10:00:00Z', '2024-05-02T08:00:00Z'), all(2 + 10_000 + 1 + 2),
    'April as far as it is settled, and the order since')
})

t.test('of a product, the sums are those of its orders, whatever the range and whatever is settled', async (t) => {
  const sql = postgres(await freshDatabase(t), { max: 1, onnotice: () => {} })
  t.teardown(async () => await sql.end({ timeout: 5 }))
  await sql.unsafe(`
    set db_service.loading = 'on';
    select setseed(0.5);
    insert into orders.orders (order_dow, order_hour_of_day, status, created_at, total_quantity, total_price)
    select 0, 0, case when random() < 0.7 then 'delivered' else 'paid' end,
      timestamptz '2024-01-10' + random() * interval '120 days', n, n / 100.0 from generate_series(1, 4500) n;
    insert into orders.order_items (order_id, product_id, product_name, quantity, add_to_cart_order, ordered_at)
    select id, 1, 'one', 1, 1, created_at from orders.orders`).simple()
  const busy: number[] = []
  for (const until of ['-infinity', '2024-01-10', '2024-02-20 12:00', '2024-04-01', '2024-05-01 03:00', '2025-01-01']) {
    await sql.unsafe(`
      delete from orders.product_totals;
      delete from orders.product_day_totals;
      delete from orders.busy_months;
      update orders.settled_orders set until = '-infinity';
      select orders.settle_between('-infinity', '${until}')`).simple()
    busy.push((await sql`select from orders.busy_months`).length)
    const wrong = await sql`
      with moment as (
        select timestamptz '2024-01-01' + n * interval '1 hour' * 229 as at from generate_series(0, 14) n
        union all select unnest('{-infinity,2024-03-01,2024-03-31 23:59:59.999999,infinity}'::timestamptz[])
      )
      select s.status, f.at as from, b.at as to, found, wanted
      from moment f, moment b, (values (null), ('paid')) s (status)
      cross join lateral (
        select (m.orders, m.total_quantity, m.total_price)::text as found
        from orders.sum_matching(null, s.status, 1, f.at, b.at) m) found
      cross join lateral (
        select (count(*), coalesce(sum(o.total_quantity), 0), coalesce(sum(o.total_price), 0))::text as wanted
        from orders.orders o
        where o.created_at between f.at and b.at and (s.status is null or o.status = s.status)) wanted
      where replace(found, '.00)', ')') <> replace(wanted, '.00)', ')')`
    t.strictSame([...wrong], [], `settled until ${until}`)
  }
  t.strictSame(busy, [0, 0, 0, 2, 3, 3], 'of months with a thousand orders the days are kept')
})
