import t, { type Test } from 'tap'
import { all } from './checks.ts'
import { openShop, refuses, userId, type Answer, type Shop } from './helper.ts'

type Item = { product_id: number, quantity?: number }

/** Sent again after a 503, as clients do: on a busy machine whoever waits for a row for 2 s is told to come again. */
async function place ({ call }: Shop, user: number, items: Item[], headers = {}): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    const answer = await call('POST', '/orders', { user_id: userId(user), items }, headers)
    if (answer.status !== 503 || attempt === 50) return answer
  }
}
const times = async <T>(n: number, task: (n: number) => Promise<T>) => await Promise.all(Array.from({ length: n },
  async (_, index) => await task(index)))
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

t.test('an Idempotency-Key makes one order', async (t) => {
  const shop = await openShop(t, { API_KEYS: 'shop-a,shop-b' })
  const { call, sql } = shop
  const caller = { 'x-api-key': 'shop-a' }
  const key = { ...caller, 'idempotency-key': 'k-1' }
  const items = [{ product_id: 33, quantity: 2 }]
  const answers = await times(20, async () => await place(shop, 1, items, key))
  t.equal(
    new Set(answers.map(({ status, text, headers }) => `${status} ${text} ${headers.location} ${headers.etag}`)).size,
    1, 'twenty at once get one answer'
  )
  t.equal(answers[0]!.status, 201)
  t.equal(answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true').length, 19,
    'marked on all but one')
  t.equal((await sql`select from orders.orders`).length, 1)
  const { json: { data: [order] }, text } = answers[0]!

  await call('PATCH', `/orders/${order.order_id}`, { status: 'paid' }, caller)
  t.equal((await place(shop, 1, items, key)).text, text, 'the first answer, also when the order has moved on')
  await call('DELETE', `/orders/${order.order_id}`, undefined, caller)
  t.equal((await place(shop, 1, items, key)).text, text, 'or is gone')
  refuses(t, await place(shop, 1, [{ product_id: 33, quantity: 3 }], key), 422, 'IDEMPOTENCY_KEY_REUSED')
  refuses(t, await place(shop, 2, items, key), 422, 'IDEMPOTENCY_KEY_REUSED')
  t.equal((await sql`select from orders.orders`).length, 0, 'none of it made another')

  const bearer = { authorization: 'Bearer shop-a', 'idempotency-key': 'k-1' }
  t.equal((await place(shop, 1, items, bearer)).text, text, 'the same caller by another header')
  const other = await place(shop, 1, items, { 'x-api-key': 'shop-b', 'idempotency-key': 'k-1' })
  t.equal(other.headers['idempotency-replayed'], undefined, 'another caller’s key is another key')
  t.equal(other.status, 201)
  t.not(other.json.data[0].order_id, order.order_id)

  await sql`update gateway.idempotency_keys set created_at = now() - interval '23 hours 59 minutes'`
  t.equal((await place(shop, 1, items, key)).text, text, 'a key lives 24 hours')
  await sql`update gateway.idempotency_keys set created_at = now() - interval '24 hours 1 minute'`
  const anew = await times(10, async () => await place(shop, 1, [{ product_id: 33, quantity: 9 }], key))
  t.equal(new Set(anew.map(({ text }) => text)).size, 1, 'and no longer')
  t.match(anew[0], { status: 201, json: { data: [{ total_quantity: 9 }] } })
  t.equal((await sql`select from orders.orders`).length, 2)
  for (const faulty of ['', 'a b', 'ü', 'x'.repeat(256)]) {
    refuses(t, await place(shop, 1, items, { ...caller, 'idempotency-key': faulty }), 400, 'INVALID_INPUT')
  }
})

t.test('an Idempotency-Key stands for what the JSON means, on every face', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const json = { 'content-type': 'application/json' }
  const person = { 'x-user-id': userId(2), 'x-user-email': 'user2@example.com' }
  const items = (id: unknown) => [
    `[{"product_id":${JSON.stringify(id)},"quantity":2},{"product_id":2,"quantity":1}]`,
    `[ { "quantity" : 2.0 , "product_id" : ${JSON.stringify(id)} },\n{"quantity":1e0,"product_id":2}]`
  ] as const
  const [plain, odd] = items(1)
  const cart =
    async (path: string, headers = {}) => { await call('PUT', path, { items: [{ product_id: 1 }] }, headers) }
  const cases: [string, string, string, Record<string, string>, (() => Promise<void>)?][] = [
    [
      '/orders', `{"user_id":"${userId(1)}","city":"K\u00f6ln","items":${plain}}`,
      `{"items":${odd},"city":"K\\u00f6ln","user_id":"${userId(1)}"}`, {}
    ],
    ['/legacy/orders', `{"user_id":"${userId(1)}","items":${plain}}`, `{"items":${odd},"user_id":"${userId(1)}"}`, {}],
    [
      '/api/v1/orders', `{"user_id":1,"status":"paid","items":${plain}}`,
      `{"status":"paid","items":${odd},"user_id":1}`, {}
    ],
    [
      '/api/orders', `{"items":${items('1')[0]},"shipping_address":{"street":"x","city":"y"}}`,
      `{"shipping_address":{"city":"y","street":"x"},"items":${items('1')[1]}}`, person
    ],
    [
      `/carts/${userId(1)}/checkout`, '{"city":"x","country":"y"}', '{"country":"y","city":"x"}', {},
      async () => await cart(`/carts/${userId(1)}`)
    ],
    [
      `/legacy/carts/${userId(1)}/checkout`, '{"city":"x","country":"y"}', '{"country":"y","city":"x"}', {},
      async () => await cart(`/carts/${userId(1)}`)
    ],
    [
      '/api/carts/me/checkout', '{"city":"x","country":"y"}', '{"country":"y","city":"x"}', person,
      async () => await cart('/api/carts/me', person)
    ]
  ]
  for (const [path, first, again, identity, prepare] of cases) {
    await prepare?.()
    const headers = { ...json, ...identity, 'idempotency-key': path }
    const answer = await call('POST', path, first, headers)
    t.ok(answer.status === 201 && answer.json.success !== false, `${path}: ${answer.text}`)
    const repeat = await call('POST', path, again, headers)
    t.equal(repeat.text, answer.text, path)
    t.equal(repeat.headers['idempotency-replayed'], 'true')
    const other = first.replace('"quantity":2', '"quantity":7').replace('"city":"x"', '"city":"z"')
    t.equal((await call('POST', path, other, headers)).status, 422, `${path}: another body`)
  }

  // The key of an older gateway: only the hash of the body as it was sent.
  await sql`update gateway.idempotency_keys set meaning_hash = null where key = '/orders'`
  const [, first, again] = cases[0]!
  const key = { ...json, 'idempotency-key': '/orders' }
  t.equal((await call('POST', '/orders', first, key)).headers['idempotency-replayed'], 'true',
    'a key made before this was compared')
  refuses(t, await call('POST', '/orders', again, key), 422, 'IDEMPOTENCY_KEY_REUSED')
  // And its question: no meaning comes along.
  const context = (hash: string) => JSON.stringify({
    caller: 'anonymous', idempotency_key: '/orders', request_hash: hash, request_id: 'x'
  })
  await t.rejects(sql`select * from orders.place('place', '{}', ${context('other')}::text::jsonb)`, {
    message: 'IDEMPOTENCY_KEY_REUSED'
  })
})

t.test('a refusal is an answer, too', async (t) => {
  const shop = await openShop(t)
  const key = { 'idempotency-key': 'k-1' }
  const answers = await times(10, async () => await place(shop, 1, [{ product_id: 32, quantity: 2 }], key))
  for (const answer of answers) refuses(t, answer, 409, 'INSUFFICIENT_STOCK')
  t.equal(new Set(answers.map(({ text }) => text)).size, 1, 'ten at once get one')
  t.equal(answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true').length, 9)
  await shop.sql`update products.inventory set stock = 10 where product_id = 32`
  t.equal((await place(shop, 1, [{ product_id: 32, quantity: 2 }], key)).text, answers[0]!.text,
    'it stays when the stock comes')
  t.equal((await place(shop, 1, [{ product_id: 32, quantity: 2 }], { 'idempotency-key': 'k-2' })).status, 201,
    'another key asks anew')
  refuses(t, await place(shop, 1, [{ product_id: 900 }], { 'idempotency-key': 'k-3' }), 400, 'PRODUCTS_NOT_FOUND',
    'Products not found: 900')
  refuses(t, await place(shop, 1, [{ product_id: 900 }], { 'idempotency-key': 'k-3' }), 400, 'PRODUCTS_NOT_FOUND',
    'Products not found: 900')
  t.equal((await place(shop, 1, [{ product_id: 1, quantity: 0 }], { 'idempotency-key': 'k-4' })).status, 400)
  t.equal((await place(shop, 1, [{ product_id: 1 }], { 'idempotency-key': 'k-4' })).status, 201,
    'a body that was never read uses up no key')
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
