import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import postgres from 'postgres'
import { migrate } from '../../database/migration/index.ts'
import { openShop, userId, type Answer, type Shop } from '../helper.ts'
import { settleAll } from '../settle.ts'

/** The same numbers in every run: a random-looking one below `limit` for each call. */
function randomNumbers (seed: number) {
  return (limit: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor(seed / 65_536) % limit
  }
}

/** Checks the sums kept per product, month and status against those of the orders that are settled. */
async function checkSums (t: Test, { sql }: Shop, message: string): Promise<void> {
  const kept = await sql`
    select product_id, status, month::text, orders::int, total_quantity::int as quantity, total_price
    from orders.product_totals
    where (orders, total_quantity, total_price) <> (0, 0, 0) order by 1, 2, 3`
  const real = await sql`
    select product_id, status, date_trunc('month', created_at at time zone 'UTC')::date::text as month, count(*)::int
    as orders,
      sum(total_quantity)::int as quantity, sum(total_price) as total_price
    from orders.orders o join orders.order_items on order_id = o.id
    where created_at < (select until from orders.settled_orders)
    group by 1, 2, 3 order by 1, 2, 3`
  t.strictSame([...kept], [...real], message)
  t.strictSame([...await sql`select month from orders.product_totals where orders < 0`], [], 'none below zero')
  const days = await sql`
    select product_id, status, day::text, orders::int, total_quantity::int as quantity, total_price
    from orders.product_day_totals
    where (orders, total_quantity, total_price) <> (0, 0, 0) order by 1, 2, 3`
  const realDays = await sql`
    select i.product_id, status, (created_at at time zone 'UTC')::date::text as day, count(*)::int as orders,
      sum(total_quantity)::int as quantity, sum(total_price) as total_price
    from orders.orders o join orders.order_items i on order_id = o.id
    join orders.busy_months b on b.product_id = i.product_id and b.month = orders.month_of(created_at)
    where created_at < (select until from orders.settled_orders)
    group by 1, 2, 3 order by 1, 2, 3`
  t.strictSame([...days], [...realDays], `${message}: days`)
}

/** Runs a statement again that PostgreSQL ended to resolve a deadlock, as the gateway does. */
async function persist (write: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await write()
      return
    } catch (error) {
      if ((error as { code?: string }).code !== '40P01') throw error
    }
  }
}

t.test('whatever runs at once, the sums per product are right', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  await sql`update orders.settled_orders set until = '-infinity'`
  const random = randomNumbers(11)
  const orders: number[] = []
  const unexpected: string[] = []
  const watch = async (answer: Promise<Answer>) => {
    const { status, text, json } = await answer
    if (![200, 201, 204, 404, 409].includes(status) || json?.code === 'CONFLICT') unexpected.push(text)
    return json
  }
  const clients = Array.from({ length: 4 }, () => postgres(shop.url, { max: 1, onnotice: () => {} }))
  t.teardown(async () => await Promise.all(clients.map(async (client) => await client.end({ timeout: 5 }))))

  await Promise.all(Array.from({ length: 12 }, async (_, worker) => {
    const client = clients[worker % clients.length]!
    for (let step = 0; step < 30; step++) {
      const items = Array.from({ length: random(4) + 1 },
        () => ({ product_id: random(9) + 1, quantity: random(4) + 1 }))
      const order = orders[random(orders.length || 1)] ?? 1
      const action = random(11)
      if (action < 3 || orders.length < 8) {
        const status = ['pending', 'paid', 'shipped', 'cancelled'][random(4)]
        const made = await watch(call('POST', '/api/v1/orders', { user_id: random(4) + 1, status, items }))
        if (made.order_id) orders.push(made.order_id)
      } else if (action < 5) await watch(call('POST', `/orders/${order}/items`, items))
      else if (action === 5) await watch(call('DELETE', `/orders/${order}`))
      else if (action < 8) {
        await watch(call('PATCH', `/api/v1/orders/${order}`, {
          status: ['paid', 'confirmed', 'shipped', 'cancelled', 'refunded'][random(5)]
        }))
      } else if (action === 8) {
        await client`select orders.settle_orders(${random(20)}, clock_timestamp())`
        // As settling does where a month has a thousand orders of a product.
        await persist(async () => await client.begin(async (transaction) => {
          const [{ until }] = await transaction<[{ until: string }]>`
            select until::text from orders.settled_orders for update`
          await transaction`select orders.split_months(null, '-infinity', 'infinity', ${until}::text::timestamptz, 5)`
        }))
      } else if (action === 9) {
        // As a load does that dates an order anew.
        await persist(async () => await client.begin(async (transaction) => {
          const months = `${random(5)} months`
          const moved =
            await transaction`update orders.orders set created_at = created_at - ${months}::text::interval
              where id = ${order} returning created_at`
          if (moved.length > 0) {
            await transaction`update orders.order_items set ordered_at = (select created_at from orders.orders
              where id = ${order}) where order_id = ${order}`
          }
        }))
      } else {
        await persist(
          async () => await client`update orders.orders set total_price = total_price + 0.01 where id = ${order}`
        )
      }
    }
  }))
  t.strictSame(unexpected, [], 'every answer is a success, or a refusal by rule')
  t.ok(orders.length > 40)
  await checkSums(t, shop, 'what was settled on the way')
  const [some] = await sql`select count(*)::int as n from orders.product_totals where orders > 0`
  t.ok(some!.n > 10, 'which was something')
  t.ok((await sql`select from orders.busy_months`).length > 3, 'and some months were busy')

  await settleAll(sql)
  await checkSums(t, shop, 'and once all are')
  await sql`delete from users.users where id = 1`
  await checkSums(t, shop, 'a user who is erased')
  await sql`delete from orders.orders where id in (select id from orders.orders order by id limit 10)`
  await checkSums(t, shop, 'orders deleted by the dozen')
  await sql`delete from orders.order_items where product_id = 3`
  await checkSums(t, shop, 'and items')
  await t.rejects(sql`update orders.order_items set product_id = 30 where product_id = 4`, { code: '0A000' },
    'an item keeps its product')
})

t.test('orders at one moment are settled together, and settling comes to an end', async (t) => {
  const shop = await openShop(t)
  const { sql } = shop
  await sql`update orders.settled_orders set until = '-infinity'`
  await sql`
    insert into orders.orders (user_id, order_number, order_dow, order_hour_of_day, created_at, total_quantity,
    total_price)
    select 1, n, 0, 0, timestamptz '2026-01-01' + n / 10 * interval '1 day', n, n from generate_series(0, 99) n`
  await sql`
    insert into orders.order_items (order_id, product_id, add_to_cart_order, product_name, ordered_at)
    select id, 1, 1, 'a product', created_at from orders.orders`
  const steps = new Set<string>()
  for (const deadline = performance.now() + 30_000; !/^2026-01-10 00:00:00/.test([...steps].at(-1) ?? '');) {
    const [row] = await sql<{ until: string }[]>`select orders.settle_orders(4, '2026-01-10')::text as until`
    steps.add(row!.until)
    await checkSums(t, shop, `settled until ${row!.until}`)
    if (performance.now() > deadline) throw new Error(`it stays at ${row!.until}`)
  }
  t.ok(steps.size > 5, `up to the time asked for, in ${steps.size} steps`)
  t.strictSame([...await sql`select sum(orders)::int from orders.product_totals`.values()], [[90]])
})

t.test('settling gives way to a writer who takes long', async (t) => {
  const shop = await openShop(t)
  const { sql, call } = shop
  await sql`update orders.settled_orders set until = '-infinity'`
  await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] })
  await sql.begin(async (writer) => {
    await writer`update orders.orders set internal_notes = 'slow'`
    for (let n = 0; n < 5; n++) {
      const began = performance.now()
      t.strictSame([...await sql`select orders.settle_orders(10, now())::text as until`], [{ until: '-infinity' }])
      t.ok(performance.now() - began < 1000, 'at once')
    }
  })
  await settleAll(sql)
  await checkSums(t, shop, 'later it is done')
  t.equal((await call('GET', '/api/v1/orders?product_id=1')).json.total, 1)
})

t.test('a database of before gets its sums when it is migrated', async (t) => {
  const shop = await openShop(t)
  const { sql, call } = shop
  for (const [n, status] of ['pending', 'paid', 'shipped'].entries()) {
    await call('POST', '/api/v1/orders', {
      user_id: 1, status, items: [{ product_id: 1, quantity: n + 1 }, { product_id: n + 2, quantity: 1 }]
    })
  }
  await sql`drop trigger order_items_sum_inserted on orders.order_items`
  await sql`drop trigger order_items_sum_deleted on orders.order_items`
  await sql`drop trigger orders_sum_updated on orders.orders`
  await sql`drop table orders.product_totals, orders.settled_orders cascade`
  await sql`delete from gateway.definitions where file like '%product-totals.sql'`
  const admin = postgres(shop.url, { max: 1, onnotice: () => {} })
  for (const name of ['0008.do.product-totals', '0014.do.settling']) {
    await admin.unsafe(await readFile(join(import.meta.dirname, `../../sql/migrations/${name}.sql`), 'utf8')).simple()
  }
  await migrate(admin)
  await admin.end()
  await checkSums(t, shop, 'of the orders there were')
  t.equal((await sql`select from orders.product_totals`).length, 6)
  await call('POST', '/api/v1/orders', { user_id: 1, items: [{ product_id: 1, quantity: 1 }] })
  t.match((await call('GET', '/api/v1/orders?product_id=1')).json, { total: 4, total_quantity: 10 })
})
