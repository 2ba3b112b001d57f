import t, { type Test } from 'tap'
import { NOBODY, openShop, refuses, userId, type Answer, type Shop } from '../../helper.ts'
import { until } from '../../checks.ts'

// The fixture: products 1 to 40; product n is in department n % 3 + 1 and aisle n % 4 + 1, and costs n.99. Product 40
// has no price.
const ALL = Array.from({ length: 40 }, (_, index) => index + 1)

const ids = (answer: Answer): number[] => answer.json.products.map(
  (product: { product_id: number }) => product.product_id
)

/** Checks that a query finds exactly these products in this order: on one page, by cursor, and behind an offset. */
async function finds (t: Test, { call }: Shop, query: string, expected: number[]): Promise<void> {
  const page = await call('GET', `/products?${query}&limit=100`)
  t.equal(page.status, 200, page.text)
  t.same(ids(page), expected, query)
  t.match(page.json, { total: expected.length, has_next: false, next_cursor: null })
  const walked: number[] = []
  let cursor = ''
  do {
    const next = await call('GET', `/products?${query}&limit=3${cursor && `&cursor=${cursor}`}`)
    t.equal(next.json.total, expected.length, 'the total is exact on every page')
    walked.push(...ids(next))
    cursor = next.json.next_cursor
  } while (cursor)
  t.same(walked, expected, `${query}: the cursor walks over the same`)
  t.same(ids(await call('GET', `/products?${query}&limit=3&offset=2`)), expected.slice(2, 5), 'offset skips')
}

/** Names as they are compared: without case and accents, byte by byte. */
const byName = (names: Map<number, string>) => (a: number, b: number) =>
  names.get(a)! < names.get(b)! ? -1 : names.get(a)! > names.get(b)! ? 1 : a - b

t.test('sort', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  await sql`update products.product_enriched set price = 5 where product_id in (3, 30, 21)`
  await sql`update products.products set product_name = 'Éclair' where product_id = 12`
  await sql`update products.inventory set stock = 0 where product_id in (31, 32)`
  const price = (n: number) => n === 40 ? Infinity : [3, 30, 21].includes(n) ? 5 : n + 0.99
  const names = new Map(ALL.map((n) => [n, n === 12 ? 'eclair' : `product ${n}`]))
  const orders: Record<string, number[]> = {
    product_id: ALL,
    name: ALL.toSorted(byName(names)),
    price: ALL.toSorted((a, b) => (price(a) === price(b) ? 0 : price(a) - price(b)) || a - b),
    '-price': ALL.toSorted((a, b) => a === 40 || b === 40 ? a - b : price(b) - price(a) || a - b)
  }
  const filters: [string, (n: number) => boolean][] = [
    ['', () => true], ['department_id=2', (n) => n % 3 === 1], ['aisle_id=4&categories=frozen', (n) => n % 12 === 3],
    ['in_stock=true', (n) => n !== 31 && n !== 32], ['in_stock=true&aisle_id=4', (n) => n % 4 === 3 && n !== 31],
    ['min_price=4&max_price=9', (n) => price(n) >= 4 && price(n) <= 9], ['q=product 3', (n) => /3/.test(String(n))],
    ['ids=40,3,7,21,3,900', (n) => [3, 7, 21, 40].includes(n)],
    ['ids=40,3,7,21&max_price=6&q=product', (n) => [3, 21].includes(n)],
    ['ids=31,3,7&in_stock=true&department_id=1', (n) => n === 3], ['q=nothing of the kind', () => false]
  ]
  for (const [sort, sorted] of Object.entries(orders)) {
    for (const [filter, fits] of filters) {
      await t.test(`${sort} ${filter}`,
        async (t) => await finds(t, shop, `sort=${sort}&${filter}`, sorted.filter(fits)))
    }
  }

  await t.test('the nearest names, sorted', async (t) => {
    t.same(ids(await call('GET', '/products?q=eclaire&sort=-price')), [12])
  })

  await t.test('a price that changes, comes or goes moves its product', async (t) => {
    await call('PATCH', '/api/v1/products/40', { price_cents: 1 })
    t.same(ids(await call('GET', '/products?sort=price&limit=2')), [40, 1])
    await sql`delete from products.product_enriched where product_id = 40`
    t.same(ids(await call('GET', '/products?sort=price&limit=1&offset=39')), [40])
    const { id } = (await call('POST', '/api/v1/products', { name: 'Aaa', price_cents: 99_999 })).json
    t.same(ids(await call('GET', '/products?sort=-price&limit=1')), [id])
    t.same(ids(await call('GET', '/products?sort=name&limit=1')), [id])
  })

  await t.test('what is not sorted so is a 400 with what there is', async (t) => {
    const wrong = await call('GET', '/products?sort=colour')
    refuses(t, wrong, 400, 'INVALID_INPUT')
    t.match(wrong.json.errors, [{
      field: 'sort', message: 'must be one of product_id, name, price, -price, popularity'
    }])
    const { next_cursor: cursor } = (await call('GET', '/products?sort=price&limit=1')).json
    for (const other of [`sort=name&cursor=${cursor}`, `cursor=${cursor}`, `sort=price&cursor=x${cursor}`]) {
      refuses(t, await call('GET', `/products?${other}`), 400, 'INVALID_CURSOR')
    }
    for (const forged of [
      ['price', '1', 1], ['price', '1.00', 2 ** 31], ['price', 1, 1], ['price', 'NaN', 1], ['name', '\0', 1],
      ['name', '\ud800', 1], ['popularity', '9223372036854775808', 1], null, 'x'
    ]) {
      const text = Buffer.from(JSON.stringify(forged)).toString('base64url')
      refuses(t, await call('GET', `/products?sort=${forged?.[0] ?? 'name'}&cursor=${text}`), 400,
        forged === 'x' ? 'INVALID_INPUT' : 'INVALID_CURSOR')
    }
  })
})

t.test('ids: all of them on one page, doubles once, unknown ones left out', async (t) => {
  const { call } = await openShop(t)
  const page = await call('GET', `/products?ids=${ALL.toReversed().join(',')},7,7,2147483647`)
  t.same(ids(page), ALL)
  t.match(page.json, { total: 40, limit: 41, offset: 0, has_next: false, next_cursor: null })
  t.match((await call('GET', '/products?ids=900')).json, { products: [], total: 0 })
  t.match((await call('GET', '/products?ids=5,6,7&limit=2')).json, { total: 3, limit: 2, has_next: true })
  const hundred = Array.from({ length: 100 }, (_, n) => n + 1).join()
  t.same(ids(await call('GET', `/products?ids=${hundred},100`)), ALL, 'a hundred, one of them twice')
  for (const wrong of [`${hundred},101`, '', '1,,2', 'x', '-1', '1.5', '2147483648', '1;2']) {
    refuses(t, await call('GET', `/products?ids=${wrong}`), 400, 'INVALID_INPUT')
  }
})

t.test('fields: exactly those of each entry', async (t) => {
  const { call } = await openShop(t)
  t.same((await call('GET', '/products?ids=7,40&fields=price,product_id')).json.products, [
    { product_id: 7, price: 7.99 }, { product_id: 40, price: null }
  ])
  t.same(Object.keys((await call('GET', '/products?fields=aisle_name&limit=1&q=product')).json.products[0]),
    ['aisle_name'])
  for (const wrong of ['colour', 'price,colour', '', 'price,', 'version']) {
    const refused = await call('GET', `/products?fields=${wrong}`)
    refuses(t, refused, 400, 'INVALID_INPUT')
    t.match(refused.json.errors, [{ field: 'fields', message: /^must be some of product_id, product_name, .*image_url/ }
    ])
  }
})

t.test('popularity: how often a product was ordered, at most 15 s old', async (t) => {
  const { app, call, sql } = await openShop(t)
  const order = async (...products: number[]) => (await call('POST', '/orders', {
    user_id: userId(1), items: products.map((id) => ({ product_id: id, quantity: 9 }))
  })).json.data[0].order_id as string
  const counts = async () => (await sql<{ ranked: string }[]>`
    select product_id || ':' || popularity as ranked from products.rankings where popularity <> 0 order by product_id
  `).map(({ ranked }) => ranked).join()

  await order(7, 9)
  const both = await order(9, 12)
  await order(9)
  refuses(t, await call('POST', '/orders', { user_id: NOBODY, items: [{ product_id: 1, quantity: 1 }] }), 404,
    'USER_NOT_FOUND')
  await until(async () => (await counts()) === '7:1,9:3,12:1', 'all orders are counted', 15)
  t.same(ids(await call('GET', '/products?sort=popularity&limit=4')), [9, 7, 12, 1], 'and the others by id')
  t.same(ids(await call('GET', '/products?sort=popularity&limit=3&department_id=1')), [9, 12, 3])

  await call('DELETE', `/orders/${both}`)
  await order(12)
  await call('POST', `/orders/${await order(12)}/items`, [{ product_id: 12, quantity: 1 }, { product_id: 3 }])
  // Two at once share the work, and count nothing twice.
  await Promise.all(Array.from({ length: 8 }, async () => await app.catalogue.rankPopularity(1)))
  await until(async () => (await counts()) === '3:1,7:1,9:2,12:2', 'what changed is counted', 15)
  t.same(await sql`select from orders.popularity_changes`, [])

  await sql`update products.rankings set popularity = 77`
  await sql`select orders.settle_all()`
  t.equal(await counts(), '3:1,7:1,9:2,12:2', 'as after a load, from what was ordered')
})
