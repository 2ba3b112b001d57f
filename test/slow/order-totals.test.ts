import t from 'tap'
import postgres from 'postgres'
import { openShop } from '../helper.ts'

const YEARS = 3
const STATUSES = ['pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded']

/** Orders all over three years, written by so many connections as there are shards, as gateways do. */
const ORDERS = `
  insert into orders.orders (order_dow, order_hour_of_day, status, created_at, total_quantity, total_price)
  select 0, 0, (array['pending', 'paid', 'shipped', 'delivered', 'cancelled', 'refunded'])[n % 6 + 1],
    now() - n * interval '7 hours 13 minutes', n % 7 + 1, n % 100 + 0.99
  from generate_series(1, ${YEARS * 365 * 3}) n`

t.test('a total over three years costs about what it costs over a month, and is exact all the while', async (t) => {
  const { sql, url, app, call } = await openShop(t)
  await sql.begin(async (sql) => {
    await sql`set local db_service.loading = 'on'`
    await sql.unsafe(ORDERS)
  })
  // As 32 backends would have left it.
  await sql`
    insert into orders.order_totals select day, status, other, 0, 0, 0 from orders.order_totals, generate_series(0,
    31) other on conflict do nothing`
  const [{ n: before } = { n: 0 }] = await sql`select count(*)::int as n from orders.order_totals where shard >= 0`
  t.ok(before > 32 * 365 * YEARS)

  const ranges: [string | null, string | null][] = [[null, null], ...Array.from({ length: 40 }, (_, n): [
    string | null, string | null
  ] => {
    const from = new Date(Date.now() - ((n * 37) % 1000 + 95) * 86_400_000 + n * 1_000_000)
    const to = new Date(from.getTime() + [3600, 86_400, 40 * 86_400, 95 * 86_400, 400 * 86_400][n % 5]! * 1000)
    return n % 8 === 7
      ? [from.toISOString().slice(0, 10), `${to.toISOString().slice(0, 10)}T23:59:59.999999Z`]
      : [from.toISOString(), to.toISOString()]
  })]
  async function check (moment: string): Promise<void> {
    const wrong = await sql`
      select r.*, s, kept from unnest(${ranges.map(([from]) => from)}::timestamptz[],
      ${ranges.map(([, to]) => to)}::timestamptz[]) as r (f, t)
      cross join unnest(${[null, ...STATUSES]}::text[]) s
      cross join lateral orders.sum_matching(null, s, null, r.f, r.t) kept
      cross join lateral (
        select count(*) as orders, coalesce(sum(total_quantity), 0) as quantity, coalesce(sum(total_price), 0) as price
        from orders.orders
        where (s is null or status = s) and created_at >= coalesce(r.f, '-infinity') and created_at <= coalesce(r.t,
        'infinity')) counted
      where (kept.orders, kept.total_quantity, kept.total_price) is distinct from (counted.orders, counted.quantity,
      counted.price)`
    t.strictSame([...wrong], [], moment)
  }
  await check('before anything is folded')

  // Old orders change while it is folded.
  const writers = await Promise.all([1, 2, 3].map(async () => postgres(url, { max: 1, onnotice: () => {} })))
  t.teardown(async () => await Promise.all(writers.map(async (writer) => await writer.end({ timeout: 5 }))))
  const state = { isFolded: false }
  const writing = writers.map(async (writer, w) => {
    for (let n = 0; !state.isFolded; n++) {
      const id = Number((await sql`select min(id)::int as id from orders.orders`)[0]!.id) +
        (n * 3 + w) * 17 % (YEARS * 365 * 3)
      if (n % 3 === 0) await writer`update orders.orders set total_price = total_price + 0.01 where id = ${id}`
      else if (n % 3 === 1) await writer`delete from orders.orders where id = ${id}`
      else {
        await writer`insert into orders.orders (order_dow, order_hour_of_day, created_at, total_quantity, total_price)
          values (0, 0, now() - ${`${n % 900} days`}::text::interval, 2, 3.5)`
      }
    }
  })
  for (let batches = 0, folded = -1; folded !== 0; batches++) {
    folded = await app.orders.foldTotals(5000)
    if (batches % 3 === 0) await check(`after ${batches + 1} batches`)
    if (batches > 60) break
  }
  state.isFolded = true
  await Promise.all(writing)
  while (await app.orders.foldTotals(5000) > 0);
  await check('when all is folded')
  await sql`update orders.orders set total_quantity = total_quantity + 1 where created_at < now() - interval '2 years'
    and id % 5 = 0`
  await check('and an old order has changed since')

  const [{ n: unfolded } = { n: 0 }] =
    await sql`select count(*)::int as n from orders.order_totals where shard >= 0 and day < current_date`
  t.ok(unfolded <= 3 * 365 * YEARS)
  while (await app.orders.foldTotals(5000) > 0);
  const [{ n: months } = { n: 0 }] = await sql`select count(*)::int as n from orders.order_month_totals`
  t.ok(months <= (12 * YEARS + 2) * STATUSES.length, `${months} rows for three years`)

  await sql`analyze orders.order_totals`
  const reader = postgres(url, { max: 1, onnotice: () => {} })
  t.teardown(async () => await reader.end({ timeout: 5 }))
  const rowsRead = async (from: string | null) => {
    const read = async () => {
      await reader`select pg_stat_force_next_flush()`
      return (await reader`select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as n from pg_stat_user_tables
        where relname in ('order_totals', 'order_month_totals')`)[0]!.n
    }
    const began = await read()
    await reader`select * from orders.sum_matching(null, null, null, ${from}::timestamptz, null)`
    return await read() - began
  }
  const [month, all] = [
    await rowsRead(new Date(Date.now() - 32 * 86_400_000).toISOString().slice(0, 10)), await rowsRead(null)
  ]
  t.ok(all < 1000, `three years: ${all} rows read, a month: ${month}; unfolded it were ${before}`)
  t.equal((await call('GET', '/orders')).json.total, (await sql`select count(*)::int as n from orders.orders`)[0]!.n)
})
