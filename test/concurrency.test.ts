import t, { type Test } from 'tap'
import { all } from './checks.ts'
import { openShop, refuses, userId, type Answer, type Shop } from './helper.ts'
import { place, times } from './placing.ts'

const statuses = (answers: Answer[]) => answers.map(({ status }) => status).sort()

/** The same numbers in every run: a random-looking one below `limit` for each call. */
function randomNumbers (seed: number) {
  return (limit: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor(seed / 65_536) % limit
  }
}

/**
 * Stock and what orders hold of it are together what there was; sums, totals and the history say the same as the rows.
 */
async function checkBooks (t: Test, { sql }: Shop, initial: Record<number, number>): Promise<void> {
  const books = await sql<{ product_id: number, stock: number, taken: number }[]>`
    select product_id, stock, (select coalesce(sum(stock_taken), 0)::int from orders.order_items i
    where i.product_id = s.product_id) as taken
    from products.inventory s order by product_id`
  t.strictSame(Object.fromEntries(books.map(({ product_id: id, stock, taken }) => [id, stock + taken])), initial,
    'stock + taken = initial')
  all(t, books, ({ stock }) => stock >= 0, 'never below zero')
  t.strictSame([...await sql`
    select o.id, o.status, i.product_id, i.quantity, i.stock_taken from orders.orders o join orders.order_items i
    on i.order_id = o.id
    where i.product_id in (select product_id from products.inventory)
      and i.stock_taken <> case when o.status in ('cancelled', 'failed') then 0 else i.quantity end`], [],
  'each line holds what its status says')
  t.strictSame([...await sql`
    select o.id from orders.orders o
    where (total_items, total_quantity, total_price) is distinct from
      (select (count(*)::int, sum(quantity), coalesce(sum(price * quantity), 0)) from orders.order_items
      where order_id = o.id)`], [], 'each order’s sums')
  t.strictSame([...await sql`
    select o.id from orders.orders o
    where status is distinct from (select status from orders.order_status_history where order_id = o.id
    order by changed_at desc, history_id desc limit 1)`],
  [], 'each order’s history ends in its status')
  t.strictSame([...await sql`
    select day, status, sum(orders)::int, sum(total_quantity)::int, sum(total_price) from orders.order_totals
    group by 1, 2 having sum(orders) <> 0
    except
    select (created_at at time zone 'UTC')::date, status, count(*), sum(total_quantity), sum(total_price)
    from orders.orders group by 1, 2`],
  [], 'order_totals')
  const [kept] =
    await sql`select coalesce(sum(orders), 0)::int as n, coalesce(sum(total_quantity), 0)::int
      as quantity, coalesce(sum(total_price), 0) as price from orders.order_totals`
  const [counted] =
    await sql`select count(*)::int as n, coalesce(sum(total_quantity), 0)::int as quantity, coalesce(sum(total_price),
      0) as price from orders.orders`
  t.strictSame({ ...kept }, { ...counted }, 'and their sums are those of the orders')
}

t.test('fifty orders of one user at once are numbered 1 to 50', async (t) => {
  const shop = await openShop(t)
  const answers = await times(50, async (n) => await place(shop, 1, [{ product_id: n % 30 + 1 }]))
  t.strictSame(statuses(answers), Array(50).fill(201))
  t.strictSame(answers.map(({ json }) => json.data[0].order_number).sort((a, b) => a - b),
    Array.from({ length: 50 }, (_, n) => n + 1))

  const references = await shop.sql<{ reference: string, day: string }[]>`
    select order_reference as reference, to_char(created_at at time zone 'UTC', 'YYYYMMDD') as day from orders.orders`
  t.equal(new Set(references.map(({ reference }) => reference)).size, 50, 'each has a reference of its own')
  all(t, references, ({ reference, day }) => new RegExp(`^ORD-${day}-[0-9A-HJKMNP-TV-Z]{6}$`).test(reference),
    'ORD-YYYYMMDD-XXXXXX')
})

t.test('the last unit is sold once', async (t) => {
  const shop = await openShop(t)
  const answers = await times(30, async (n) => await place(shop, n % 5 + 1, [{ product_id: 33 }, { product_id: 32 }]))
  t.strictSame(statuses(answers), [201, ...Array(29).fill(409)])
  for (const answer of answers.filter(({ status }) => status === 409)) {
    refuses(t, answer, 409, 'INSUFFICIENT_STOCK', 'Not enough stock: product 32 (Product 32), wanted 1, available 0')
  }
  await checkBooks(t, shop, { 31: 5, 32: 1, 33: 1000 })
})

t.test('orders for the same products in opposite order do not stop each other', async (t) => {
  const shop = await openShop(t)
  await shop.sql`insert into products.inventory (product_id, stock) select n, 500 from generate_series(1, 12) n`
  const answers = await times(60, async (n) => {
    const products = Array.from({ length: 12 }, (_, index) => ({ product_id: index + 1 }))
    const { status, json } = await place(shop, n % 5 + 1, n % 2 === 0 ? products : products.toReversed())
    if (n % 3 === 0) await shop.call('PATCH', `/orders/${json.data[0].order_id}`, { status: 'cancelled' })
    return status
  })
  t.strictSame(answers, Array(60).fill(201))
  t.strictSame([...await shop.sql`select distinct stock from products.inventory where product_id <= 12`.values()], [
    [460]
  ])
})

t.test('whatever runs at once, the books are right', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  await sql`insert into products.inventory (product_id, stock) select n, 30 from generate_series(1, 6) n`
  const initial = Object.fromEntries([...[1, 2, 3, 4, 5, 6].map((n) => [n, 30]), [31, 5], [32, 1], [33, 1000]])
  const random = randomNumbers(7)
  const orders: string[] = []
  const unexpected: string[] = []
  const watch = async (answer: Promise<Answer>) => {
    const { status, text, json } = await answer
    if (![200, 201, 204, 404, 409].includes(status) || json?.code === 'CONFLICT') unexpected.push(text)
    return json
  }
  let below = 0
  await times(12, async () => {
    for (let step = 0; step < 25; step++) {
      const items = Array.from({ length: random(4) + 1 },
        () => ({ product_id: [1, 2, 3, 4, 5, 6, 7, 8, 31, 33][random(10)]!, quantity: random(4) + 1 }))
      const url = `/orders/${orders[random(orders.length || 1)] ?? 1}`
      const action = random(8)
      if (action < 3 || orders.length < 5) {
        const made = await watch(place(shop, random(5) + 1, items))
        if (made.data) orders.push(made.data[0].order_id)
      } else if (action === 3) await watch(call('POST', `${url}/items`, items))
      else if (action === 4) await watch(call('DELETE', url))
      else if (action === 5) await watch(call('PATCH', url, { status: ['cancelled', 'failed'][random(2)] }))
      else if (action === 6) await watch(call('PATCH', url, { status: ['paid', 'confirmed', 'processing'][random(3)] }))
      else below += (await sql`select from products.inventory where stock < 0`).length
    }
  })
  t.strictSame(unexpected, [], 'every answer is a success, or a refusal by rule')
  t.equal(below, 0, 'stock was never below zero')
  t.ok((await sql`select from orders.orders`).length > 20)
  await checkBooks(t, shop, initial)
  const [all] = await sql<{ n: number }[]>`select count(*)::int as n from orders.orders`
  t.equal((await call('GET', '/orders')).json.total, all!.n)
})

t.test('a user who is deleted while orders come in', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  await place(shop, 1, [{ product_id: 33 }])
  const [deleted, ...answers] = await Promise.all([
    call('DELETE', `/users/${userId(1)}`, { password: 'password' }),
    ...Array.from({ length: 60 }, async (_, n) => {
      await new Promise((resolve) => setTimeout(resolve, n * 8))
      if (n % 3 === 0) return await call('POST', `/carts/${userId(1)}/items`, { product_id: 1, quantity: 1 })
      return n % 3 === 1
        ? await call('POST', `/carts/${userId(1)}/checkout`)
        : await place(shop, 1, [{ product_id: 33 }, { product_id: 2 }])
    })
  ])
  t.equal(deleted.status, 200)
  t.strictSame(
    answers.filter(
      ({ status, json }) => ![200, 201].includes(status) && !['USER_NOT_FOUND', 'CART_EMPTY'].includes(json.code)
    ).map(({ text }) => text),
    [], 'each order is made, or the user is not found'
  )
  const placed = answers.filter(({ status, json }) => status === 201 && json.data).length
  t.equal((await sql`select from orders.orders`).length, placed + 1, 'the orders are kept')
  t.strictSame([...await sql`
    select id from orders.orders
    where coalesce(user_id::text, customer_name, customer_email, delivery_name, phone_number, street_address, city,
    postal_code, country) is not null`], [],
  'each without the person')
  t.equal((await sql`select from orders.carts`).length, 0, 'and no cart is left')
  await checkBooks(t, shop, { 31: 5, 32: 1, 33: 1000 })
})
