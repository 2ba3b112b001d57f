import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { counts, openLoader } from './loading.ts'

// The real shop is no part of the project: REAL_SHOP_DIR says where it is.
const dir = process.env.REAL_SHOP_DIR

t.test('The real shop loads without one reject', { skip: dir ? false : 'REAL_SHOP_DIR is not set' }, async (t) => {
  const { load, sql } = await openLoader(t)
  const report = await load({}, { dir: dir!, rejectsDir: await mkdtemp(join(tmpdir(), 'rejects-')) })
  t.comment(`${report.seconds.toFixed(1)} s`)
  t.equal(report.rejected, 0)
  t.same(counts(report, 'products.csv'), [49_688, 0, 0])
  t.equal(report.files.filter((file) => file.file.includes('enriched_products'))
    .reduce((sum, file) => sum + file.loaded, 0), 49_688)
  t.same(counts(report, 'users_demo.csv'), [1000, 4, 0])
  t.same(counts(report, 'orders_demo_enriched.csv'), [16_968, 0, 0])
  t.same(counts(report, 'order_items_demo.csv'), [155_824, 0, 0])
  t.same(counts(report, 'orders_demo_status_history.csv'), [70_091, 0, 0])
  t.same(await sql`select first_name, email_address from users.users where id = 688`, [
    { first_name: 'Demo', email_address: 'user688@timele-demo.com' }
  ])
  t.same(await sql`select product_name from products.products where product_id = 218`, [
    { product_name: '6\\" Organic Carrot Cake' }
  ])
  t.same(
    await sql`select count(*)::int as unpriced from products.products left
      join products.product_enriched using (product_id) where price is null`,
    [{ unpriced: 0 }]
  )
  t.same(await sql`select sum(orders) as orders, sum(total_quantity) as quantity from orders.order_totals`, [
    { orders: 16_968, quantity: 155_824 }
  ])
  t.same(await sql`select count(*)::int as wrong
    from orders.orders o
    cross join lateral (
      select count(*) as total_items, coalesce(sum(price * quantity), 0) as total_price from orders.order_items
      where order_id = o.id) i
    cross join lateral (
      select h.status from orders.order_status_history h where h.order_id = o.id order by h.changed_at desc,
      h.history_id desc limit 1) latest
    where (o.total_items, o.total_price, o.status) is distinct from (i.total_items::integer, i.total_price,
    latest.status)`, [{ wrong: 0 }])
})
