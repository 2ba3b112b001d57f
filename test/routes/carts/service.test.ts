import t from 'tap'
import { NOBODY, openShop, refuses, userId } from '../../helper.ts'

t.test('POST /carts makes a cart', async (t) => {
  const { call } = await openShop(t)
  const made = await call('POST', '/carts', {
    user_id: userId(1),
    items: [
      { product_id: 3, quantity: 2 }, { product_id: 1, quantity: 1, reordered: 1, price: 0.01 },
      { product_id: 3, quantity: 3 }
    ],
    status: 'pending',
    total_items: 7
  })
  t.equal(made.status, 201, 'what else an old client sends is ignored')
  t.equal(made.headers.location, `/carts/${userId(1)}`)
  t.match(made.json.cart_id, /^[1-9]\d*$/, 'the id is a number from 1 up, as text')
  t.strictSame(made.json, {
    cart_id: made.json.cart_id,
    user_id: userId(1),
    items: [{
      product_id: 3,
      quantity: 5,
      add_to_cart_order: 1,
      reordered: 0,
      product_name: 'Product 3',
      aisle_name: 'vegetables',
      department_name: 'frozen',
      description: 'About product 3',
      price: 3.99,
      image_url: 'https://example.com/3.png'
    }, {
      product_id: 1,
      quantity: 1,
      add_to_cart_order: 2,
      reordered: 1,
      product_name: 'Product 1',
      aisle_name: 'bread',
      department_name: 'bakery',
      description: 'About product 1',
      price: 1.99,
      image_url: 'https://example.com/1.png'
    }],
    total_items: 2,
    total_quantity: 6,
    changes: [],
    total_price: 21.94,
    created_at: made.json.created_at,
    updated_at: made.json.updated_at
  }, 'a product twice counts once, quantities summed')
  t.ok(Math.abs(Date.parse(made.json.created_at) - Date.now()) < 10_000, 'made now')
  t.strictSame((await call('GET', `/carts/${userId(1)}`)).json, made.json, 'GET shows the same')
  t.strictSame((await call('GET', `/carts/${userId(1)}/`)).json, made.json, 'so it does with a slash behind')

  refuses(t, await call('POST', '/carts', { user_id: userId(1), items: [] }), 409, 'CART_ALREADY_EXISTS',
    'Cart already exists for user')
  t.strictSame((await call('GET', `/carts/${userId(1)}`)).json, made.json, 'a refused POST leaves the cart as it was')
  refuses(t, await call('POST', '/carts', { user_id: NOBODY, items: [] }), 404, 'USER_NOT_FOUND', 'User not found')
  refuses(t, await call('POST', '/carts', {
    user_id: userId(2),
    items: [
      { product_id: 99, quantity: 1 }, { product_id: 1, quantity: 1 }, { product_id: 98, quantity: 1 },
      { product_id: 99, quantity: 1 }
    ]
  }), 400, 'PRODUCTS_NOT_FOUND', 'Products not found: 98, 99')
  t.equal((await call('GET', `/carts/${userId(2)}`)).json.cart_id, null, 'a refused POST makes no cart')

  const racing = await Promise.all(Array.from({ length: 10 },
    async () => await call('POST', '/carts', { user_id: userId(3), items: [] })))
  t.strictSame(racing.map(({ status }) => status).sort(), [201, ...Array(9).fill(409)],
    'of ten at once one makes the cart')
})

t.test('faulty input is a 400 that names the field', async (t) => {
  const { call, sql } = await openShop(t)
  for (const quantity of [0, -1, 1.5, '2', true, 1_000_001]) {
    const refused = await call('POST', '/carts', { user_id: userId(1), items: [{ product_id: 1, quantity }] })
    refuses(t, refused, 400, 'INVALID_INPUT')
    t.match(refused.json.errors, [{ field: 'items.0.quantity' }], `quantity ${JSON.stringify(quantity)}`)
  }
  for (const productId of [-1, 1.5, '1', null, 2_147_483_648]) {
    const refused = await call('PUT', `/carts/${userId(1)}`, { items: [{ product_id: productId, quantity: 1 }] })
    refuses(t, refused, 400, 'INVALID_INPUT')
    t.match(refused.json.errors, [{ field: 'items.0.product_id' }], `product_id ${productId}`)
  }
  for (const body of [{ user_id: userId(1), items: {} }, { items: [] }, []]) {
    refuses(t, await call('POST', '/carts', body), 400, 'INVALID_INPUT')
  }
  refuses(t,
    await call('POST', '/carts',
      { user_id: userId(1), items: [1, 1].map(() => ({ product_id: 1, quantity: 600_000 })) }),
    400, 'INVALID_QUANTITY')
  for (const bad of ['7', 'me', `${userId(1)}0`, userId(1).replaceAll('-', '')]) {
    refuses(t, await call('GET', `/carts/${bad}`), 400, 'INVALID_USER_ID', 'Invalid user ID format')
    refuses(t, await call('DELETE', `/carts/${bad}`), 400, 'INVALID_USER_ID', 'Invalid user ID format')
    refuses(t, await call('POST', '/carts', { user_id: bad, items: [] }), 400, 'INVALID_USER_ID',
      'Invalid user ID format')
  }
  const json = { 'content-type': 'application/json' }
  refuses(t, await call('POST', '/carts', '{"user_id": ', json), 400, 'INVALID_JSON')
  refuses(t, await call('POST', '/carts', 'a=1', { 'content-type': 'application/x-www-form-urlencoded' }), 415,
    'UNSUPPORTED_MEDIA_TYPE')
  refuses(t, await call('POST', '/carts', `{"user_id": "${'x'.repeat(1024 * 1024)}"}`, json), 413, 'BODY_TOO_LARGE')
  t.strictSame(await sql`select from orders.carts`.then((rows) => rows.length), 0, 'none of it made a cart')
})

t.test('GET /carts/{user_id} shows an empty cart where none is stored', async (t) => {
  const { call } = await openShop(t)
  const empty = await call('GET', `/carts/${userId(1)}`)
  t.equal(empty.status, 200)
  t.match(empty.json, {
    cart_id: null, user_id: userId(1), items: [], total_items: 0, total_quantity: 0, total_price: 0
  })
  t.ok(Math.abs(Date.parse(empty.json.created_at) - Date.now()) < 10_000, 'with the current time')
  t.equal(empty.json.updated_at, empty.json.created_at)
  t.equal(empty.headers.etag, undefined, 'and no ETag: there is nothing to change')
  refuses(t, await call('GET', `/carts/${NOBODY}`), 404, 'USER_NOT_FOUND', 'User not found')
})

t.test('PUT /carts/{user_id} replaces or makes the cart, DELETE removes it', async (t) => {
  const { call, sql } = await openShop(t)
  const url = `/carts/${userId(1)}`
  const made = await call('PUT', url, { items: [{ product_id: 2, quantity: 1 }, { product_id: 4, quantity: 1 }] })
  t.match(made, { status: 200, json: { user_id: userId(1), total_items: 2, total_price: 7.98 } }, 'made')

  const replaced = await call('PUT', url, { items: [{ product_id: 5, quantity: 2 }, { product_id: 5, quantity: 1 }] })
  t.match(replaced, {
    status: 200, json: { cart_id: made.json.cart_id, total_items: 1, total_quantity: 3, total_price: 17.97 }
  })
  t.strictSame(replaced.json.items.map((item: any) => [item.product_id, item.quantity, item.add_to_cart_order]),
    [[5, 3, 1]], 'these items and no others')
  t.equal(replaced.json.created_at, made.json.created_at)
  t.ok(replaced.json.updated_at > made.json.updated_at, 'updated_at moved')

  refuses(t, await call('PUT', url, { items: [{ product_id: 1, quantity: 1 }, { product_id: 77, quantity: 1 }] }),
    400, 'PRODUCTS_NOT_FOUND', 'Products not found: 77')
  t.strictSame((await call('GET', url)).json, replaced.json, 'a refused PUT leaves the cart as it was')
  refuses(t, await call('PUT', `/carts/${NOBODY}`, { items: [] }), 404, 'USER_NOT_FOUND')

  t.strictSame((await call('DELETE', url)).json, {
    message: `Cart deleted successfully for user ${userId(1)}`, user_id: userId(1), deleted: true
  })
  t.equal((await call('GET', url)).json.cart_id, null)
  t.equal((await sql`select from orders.cart_items`).length, 0, 'its items are gone with it')
  refuses(t, await call('DELETE', url), 404, 'CART_NOT_FOUND', 'Cart not found')
  refuses(t, await call('DELETE', `/carts/${NOBODY}`), 404, 'USER_NOT_FOUND', 'User not found')
  t.equal((await call('POST', '/carts', { user_id: userId(1), items: [] })).status, 201, 'a new cart may be made')
})

t.test('a cart shows today’s price', async (t) => {
  const { call, sql } = await openShop(t)
  const url = `/carts/${userId(1)}`
  const made = await call('PUT', url, { items: [{ product_id: 10, quantity: 3 }, { product_id: 40, quantity: 2 }] })
  t.strictSame(made.json.items.map((item: any) => item.price), [10.99, null], 'product 40 has no price')
  t.match(made.json, { total_items: 2, total_quantity: 5, total_price: 32.97 }, 'and adds nothing to the total')

  await sql`update products.product_enriched set price = 0.10 where product_id = 10`
  await sql`insert into products.product_enriched (product_id, price) values (40, 100)`
  const now = await call('GET', url)
  t.strictSame(now.json.items.map((item: any) => item.price), [0.1, 100])
  t.equal(now.json.total_price, 200.3, 'exact: 3 × 0.10 is 0.30')
  t.equal(now.json.updated_at, made.json.updated_at, 'nobody changed the cart')
})

t.test('If-Match protects a cart from a change one has not seen', async (t) => {
  const { call } = await openShop(t)
  const url = `/carts/${userId(1)}`
  const item = { product_id: 1, quantity: 1 }
  for (const tag of ['*', '"1-1"']) {
    refuses(t, await call('PUT', url, { items: [] }, { 'if-match': tag }), 412, 'PRECONDITION_FAILED')
    refuses(t, await call('POST', `${url}/items`, item, { 'if-match': tag }), 412, 'PRECONDITION_FAILED')
  }
  t.equal((await call('GET', url)).json.cart_id, null, 'where there is no cart, none fits and none is made')

  const { headers: { etag: first } } = await call('PUT', url, { items: [item] })
  t.match(first, /^"[^"]+"$/, 'the ETag is a strong one')
  t.equal((await call('GET', url)).headers.etag, first)
  const { headers: { etag: second } } = await call('PUT', url, { items: [item] }, { 'if-match': first! })
  t.not(second, first, 'it moves with a change')

  const writes = [
    ['PUT', url, { items: [] }], ['POST', `${url}/items`, item], ['PUT', `${url}/items/1`, { quantity: 2 }],
    ['DELETE', `${url}/items/1`, undefined], ['DELETE', `${url}/clear`, undefined], ['DELETE', url, undefined]
  ] as const
  for (const [method, path, body] of writes) {
    for (const tag of [first!, `W/${second}`, '"nonsense"', '']) {
      refuses(t, await call(method, path, body, { 'if-match': tag }), 412, 'PRECONDITION_FAILED')
    }
  }
  t.equal((await call('GET', url)).headers.etag, second, 'a refused change changes nothing')
  for (const [method, path, body] of writes) {
    const { headers: { etag } } = await call('PUT', url, { items: [item] })
    t.equal((await call(method, path, body, { 'if-match': `"1-0", ${etag}` })).status, 200,
      `${method} ${path} with the present tag`)
    await call('PUT', url, { items: [item] })
    t.equal((await call(method, path, body, { 'if-match': '*' })).status, 200, `${method} ${path} with *`)
  }
})
