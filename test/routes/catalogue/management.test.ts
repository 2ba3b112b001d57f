import t from 'tap'
import { openShop, refuses, userId } from '../../helper.ts'

const base = '/api/v1/products'

t.test('GET /api/v1/products', async (t) => {
  const { call } = await openShop(t)
  const page = (await call('GET', base)).json
  t.match(page, { total: 40, limit: 20, offset: 0 })
  t.strictSame(page.items[0], { id: 1, name: 'Product 1', price_cents: 199, stock: null })
  t.equal(page.items.length, 20)
  t.strictSame((await call('GET', `${base}/?limit=3&offset=30`)).json, {
    items: [
      { id: 31, name: 'Product 31', price_cents: 3199, stock: 5 },
      { id: 32, name: 'Product 32', price_cents: 3299, stock: 1 },
      { id: 33, name: 'Product 33', price_cents: 3399, stock: 1000 }
    ],
    total: 40,
    limit: 3,
    offset: 30
  })
  t.match((await call('GET', `${base}?q=pRODUCT 4`)).json, {
    items: [{ id: 4 }, { id: 14 }, { id: 24 }, { id: 34 }, { id: 40, price_cents: null }], total: 5
  })
  t.match((await call('GET', `${base}?q=%25`)).json, { items: [], total: 0 }, '% means itself')
  t.strictSame((await call('GET', `${base}/?limit=3&offset=40`)).json, {
    items: [], total: 40, limit: 3, offset: 40
  }, 'past the end the total is there')
  for (const query of ['limit=0', 'limit=101', 'offset=-1', 'limit=x']) {
    refuses(t, await call('GET', `${base}?${query}`), 400, 'INVALID_INPUT')
  }
})

t.test('POST /api/v1/products', async (t) => {
  const { call, sql } = await openShop(t)
  const body = {
    name: 'Rye',
    price_cents: 12345,
    department_id: 2,
    aisle_id: 3,
    description: 'Dark',
    image_url: 'https://example.com/rye.png',
    sku: 'RYE',
    stock: 7
  }
  const made = await call('POST', base, body)
  t.equal(made.status, 201)
  const { id } = made.json
  t.strictSame(made.json, { id, name: 'Rye', price_cents: 12345, stock: 7 })
  t.equal(made.headers.location, `${base}/${id}`)
  const read = await call('GET', `${base}/${id}`)
  t.strictSame(read.json, made.json)
  t.equal(read.headers.etag, made.headers.etag)
  t.match((await call('GET', `/products/${id}`)).json, {
    product_name: 'Rye',
    price: 123.45,
    department_name: 'bakery',
    aisle_name: 'fruit',
    description: 'Dark',
    image_url: body.image_url
  }, 'it stands in the catalogue')

  t.match(await call('POST', base, { name: 'Bare', price_cents: 0, stock: null }), {
    status: 201, json: { price_cents: 0, stock: null }
  })
  refuses(t, await call('POST', base, { ...body, sku: 'RYE' }), 409, 'SKU_ALREADY_EXISTS')
  refuses(t, await call('POST', base, { ...body, sku: 'X', department_id: 77 }), 404, 'DEPARTMENT_NOT_FOUND')
  refuses(t, await call('POST', base, { ...body, sku: 'X', aisle_id: 77 }), 404, 'AISLE_NOT_FOUND')
  for (const wrong of [
    {}, { name: 'X' }, { price_cents: 1 }, { name: '', price_cents: 1 }, { name: ' ', price_cents: 1 },
    { name: 'X', price_cents: 1.5 }, { name: 'X', price_cents: '1' },
    { name: 'X', price_cents: -1 }, { name: 'X', price_cents: null }, { name: 'X', price_cents: 1e10 },
    { name: 'X', price_cents: 1, stock: -1 },
    { name: 'X', price_cents: 1, stock: 2 ** 31 }, { name: 'X', price_cents: 1, stock: 1.5 }
  ]) refuses(t, await call('POST', base, wrong), 400, 'INVALID_INPUT')
  t.equal((await call('GET', base)).json.total, 42, 'the total is exact')
  t.equal((await call('GET', '/products?department_id=2')).json.total, 15)
  t.strictSame([...await sql`select sum(products)::int from products.product_counts`.values()], [[42]])
})

t.test('GET and PATCH /api/v1/products/{product_id}', async (t) => {
  const { call, sql } = await openShop(t)

  await t.test('only what is sent changes', async (t) => {
    const url = `${base}/31`
    t.strictSame((await call('PATCH', url, { name: 'Apple' })).json, {
      id: 31, name: 'Apple', price_cents: 3199, stock: 5
    })
    t.strictSame((await call('PATCH', url, { price_cents: 10 })).json, {
      id: 31, name: 'Apple', price_cents: 10, stock: 5
    })
    t.strictSame((await call('PATCH', url, { stock: 0 })).json, { id: 31, name: 'Apple', price_cents: 10, stock: 0 })
    const untracked = await call('PATCH', url, { stock: null })
    t.strictSame(untracked.json, { id: 31, name: 'Apple', price_cents: 10, stock: null })
    t.equal((await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 31, quantity: 50 }] })).status,
      201, 'not tracked: any number')
    t.match((await call('PATCH', url, { name: 'Pear', price_cents: 20, stock: 3 })).json, {
      name: 'Pear', price_cents: 20, stock: 3
    })
    t.match((await call('PATCH', `${base}/40`, { price_cents: 5 })).json, { price_cents: 5 },
      'also a price where there was none')
    t.match((await call('GET', '/products/40')).json, { price: 0.05 })
  })

  await t.test('ETag and If-Match, which see a change of the stock too', async (t) => {
    const url = `${base}/33`
    const { etag } = (await call('GET', url)).headers
    t.match(etag, /^"[^"]+"$/)
    t.equal((await call('PATCH', url, { stock: 1000 }, { 'if-match': etag! })).headers.etag, etag,
      'the same again is no change')
    await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 33, quantity: 1 }] })
    refuses(t, await call('PATCH', url, { stock: 2000 }, { 'if-match': etag! }), 412, 'PRECONDITION_FAILED')
    const fresh = (await call('GET', url)).headers.etag!
    const changed = await call('PATCH', url, { name: 'N', price_cents: 1 }, { 'if-match': fresh })
    t.equal(changed.status, 200)
    t.equal(changed.headers.etag, (await call('GET', url)).headers.etag)
    for (const stale of [etag!, fresh, `W/${changed.headers.etag}`]) {
      refuses(t, await call('PATCH', url, { stock: 1 }, { 'if-match': stale }), 412, 'PRECONDITION_FAILED')
    }
    t.equal((await call('PATCH', url, { stock: 1 }, { 'if-match': '*' })).status, 200)
    const untracked = (await call('GET', `${base}/1`)).headers.etag!
    t.equal((await call('PATCH', `${base}/1`, { stock: 1 }, { 'if-match': untracked })).status, 200)
    refuses(t, await call('PATCH', `${base}/1`, { stock: null }, { 'if-match': untracked }), 412, 'PRECONDITION_FAILED')
    const priceless = (await call('GET', `${base}/40`)).headers.etag!
    t.equal((await call('PATCH', `${base}/40`, { price_cents: 77 }, { 'if-match': priceless })).status, 200)
    refuses(t, await call('PATCH', `${base}/40`, { price_cents: 78 }, { 'if-match': priceless }), 412,
      'PRECONDITION_FAILED')
  })

  await t.test('what is malformed is a 400, what is not there a 404', async (t) => {
    for (const id of ['x', '-1', '1.5', '2147483648']) {
      refuses(t, await call('GET', `${base}/${id}`), 400, 'INVALID_INPUT')
    }
    refuses(t, await call('GET', `${base}/900`), 404, 'PRODUCT_NOT_FOUND')
    refuses(t, await call('PATCH', `${base}/900`, { stock: 1 }), 404, 'PRODUCT_NOT_FOUND')
    for (const body of [
      {}, { name: null }, { name: ' ' }, { price_cents: null }, { price_cents: 0.5 }, { stock: -1 }, { stock: '1' }, [],
      undefined
    ]) {
      refuses(t, await call('PATCH', `${base}/2`, body), 400, 'INVALID_INPUT')
    }
    t.strictSame([...await sql`select product_name from products.products where product_id = 2`.values()], [
      ['Product 2']
    ])
  })
})

t.test('a new price shows in carts at once and never in orders', async (t) => {
  const { call } = await openShop(t)
  await call('POST', '/carts', { user_id: userId(1), items: [{ product_id: 7, quantity: 2 }] })
  const { json: order } = await call('POST', '/api/v1/orders', { user_id: 1, items: [{ product_id: 7, quantity: 2 }] })
  t.equal((await call('PATCH', `${base}/7`, { price_cents: 1001, name: 'Seven' })).status, 200)
  t.match((await call('GET', `/carts/${userId(1)}`)).json, {
    total_price: 20.02, items: [{ price: 10.01, product_name: 'Seven' }]
  })
  t.strictSame((await call('GET', `/api/v1/orders/${order.order_id}`)).json, order)
  t.match((await call('GET', `/orders/${order.order_id}`)).json.data[0], {
    total_price: 15.98, items: [{ price: 7.99, product_name: 'Product 7' }]
  })
})

t.test('stock that is set while orders take it is never sold twice', async (t) => {
  const { call, sql } = await openShop(t)
  const answers = await Promise.all(Array.from({ length: 30 }, async (_, n) => n % 6 === 0
    ? await call('PATCH', `${base}/33`, { stock: n % 12 === 0 ? 5 : null })
    : await call('POST', '/api/v1/orders', {
      user_id: n % 5 + 1, items: [{ product_id: 33, quantity: 2 }, { product_id: 31, quantity: 1 }]
    })))
  t.strictSame(answers.filter(({ status, json }) => ![200, 201].includes(status) && json.code !== 'INSUFFICIENT_STOCK')
    .map(({ text }) => text), [])
  t.match(await call('PATCH', `${base}/33`, { stock: 6 }), { status: 200 })
  const placed = await Promise.all(Array.from({ length: 10 }, async (_, n) =>
    (await call('POST', '/api/v1/orders', { user_id: n % 5 + 1, items: [{ product_id: 33, quantity: 2 }] })).status))
  t.strictSame(placed.sort(), [201, 201, 201, ...Array(7).fill(409)])
  t.strictSame([...await sql`select stock from products.inventory where product_id = 33`.values()], [[0]])
  t.strictSame([...await sql`
    select stock + (select coalesce(sum(stock_taken), 0)::int from orders.order_items where product_id = 31)
    from products.inventory where product_id = 31`.values()], [[5]])
})
