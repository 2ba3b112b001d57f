import t from 'tap'
import { NOBODY, openShop, refuses, userId, type Answer } from '../../helper.ts'

const url = `/carts/${userId(1)}`

/** Product and quantity of each item, in the order of the cart. */
const lines = (answer: Answer) => answer.json.items.map(
  (item: any) => [item.product_id, item.quantity, item.add_to_cart_order]
)

t.test('POST items adds an item, raises its quantity, and makes the cart', async (t) => {
  const { call } = await openShop(t)
  const first = await call('POST', `${url}/items`, { product_id: 5, quantity: 2, price: 0.01 })
  t.equal(first.status, 200, 'there was no cart: it is made')
  t.match(first.json, { user_id: userId(1), total_items: 1, total_quantity: 2, total_price: 11.98 })
  t.match((await call('GET', url)).json, first.json)

  const second = await call('POST', `${url}/items`, { product_id: 2, quantity: 1 })
  t.strictSame(lines(second), [[5, 2, 1], [2, 1, 2]], 'a new item stands behind the others')
  const raised = await call('POST', `${url}/items`, { product_id: 5, quantity: 3 })
  t.strictSame(lines(raised), [[5, 5, 1], [2, 1, 2]], 'one that is there is raised, at its place')
  t.match(raised.json, { cart_id: first.json.cart_id, total_items: 2, total_quantity: 6, total_price: 32.94 })

  const one = await call('POST', `${url}/items`, { product_id: 3, reordered: 1 })
  t.match(one.json.items[2], { product_id: 3, quantity: 1, add_to_cart_order: 3, reordered: 1 }, 'one, if not said')
  const before = (await call('DELETE', `${url}/items/3`)).json
  refuses(t, await call('POST', `${url}/items`, { product_id: 99, quantity: 1 }), 400, 'PRODUCTS_NOT_FOUND',
    'Products not found: 99')
  refuses(t, await call('POST', `${url}/items`, { product_id: 5, quantity: 1_000_000 }), 400, 'INVALID_QUANTITY')
  t.strictSame((await call('GET', url)).json, before, 'a refused item leaves the cart as it was')
  for (const body of [
    { quantity: 1 }, { product_id: 1, quantity: 0 }, { product_id: 'a', quantity: 1 }, [], undefined
  ]) {
    refuses(t, await call('POST', `${url}/items`, body), 400, 'INVALID_INPUT')
  }

  refuses(t, await call('POST', `/carts/${userId(2)}/items`, { product_id: 99, quantity: 1 }), 400,
    'PRODUCTS_NOT_FOUND')
  t.equal((await call('GET', `/carts/${userId(2)}`)).json.cart_id, null, 'no cart is made for an unknown product')
  refuses(t, await call('POST', `/carts/${NOBODY}/items`, { product_id: 1, quantity: 1 }), 404, 'USER_NOT_FOUND',
    'User not found')
  refuses(t, await call('POST', '/carts/7/items', { product_id: 1, quantity: 1 }), 400, 'INVALID_USER_ID',
    'Invalid user ID format')
})

t.test('items added at once are all there, whether or not there was a cart', async (t) => {
  const { call } = await openShop(t)
  for (const sum of [12, 24]) {
    const all = await Promise.all(Array.from({ length: 12 }, async (_, n) =>
      await call('POST', `${url}/items`, { product_id: n % 3 + 1, quantity: 1 })))
    t.ok(all.every(({ status }) => status === 200))
    t.equal(new Set(all.map(({ headers }) => headers.etag)).size, 12, 'each has another cart before it')
    const { json: cart } = await call('GET', url)
    t.match(cart, { total_items: 3, total_quantity: sum })
    t.strictSame(cart.items.map((item: any) => [item.quantity, item.add_to_cart_order]),
      [1, 2, 3].map((place) => [sum / 3, place]))
    t.equal(cart.updated_at, all.map(({ json }) => json.updated_at).toSorted().at(-1))
  }
})

t.test('PUT items/{product_id} sets the quantity, 0 removes the item', async (t) => {
  const { call } = await openShop(t)
  refuses(t, await call('PUT', `${url}/items/1`, { quantity: 1 }), 404, 'CART_NOT_FOUND', 'Cart not found')
  await call('PUT', url, { items: [{ product_id: 1, quantity: 1 }, { product_id: 2, quantity: 2 }] })

  const set = await call('PUT', `${url}/items/2`, { quantity: 7, price: 1 })
  t.equal(set.status, 200)
  t.strictSame(lines(set), [[1, 1, 1], [2, 7, 2]], 'set, not raised')
  t.match(set.json, { total_items: 2, total_quantity: 8, total_price: 22.92 })
  const removed = await call('PUT', `${url}/items/1`, { quantity: 0 })
  t.strictSame(lines(removed), [[2, 7, 2]])
  const emptied = await call('PUT', `${url}/items/2`, { quantity: 0 })
  t.match(emptied.json, { cart_id: set.json.cart_id, items: [], total_items: 0, total_quantity: 0, total_price: 0 },
    'the cart stays')

  for (const quantity of [0, 1]) {
    refuses(t, await call('PUT', `${url}/items/1`, { quantity }), 404, 'CART_ITEM_NOT_FOUND',
      'Product 1 not found in cart')
  }
  refuses(t, await call('PUT', `${url}/items/99`, { quantity: 1 }), 404, 'CART_PRODUCT_NOT_FOUND',
    'Products not found: 99')
  for (const quantity of [-1, 1.5, '2', 1_000_001, true]) {
    refuses(t, await call('PUT', `${url}/items/1`, { quantity }), 400, 'INVALID_INPUT')
  }
  for (const product of ['x', '-1', '1.5', '2147483648']) {
    refuses(t, await call('PUT', `${url}/items/${product}`, { quantity: 1 }), 400, 'INVALID_INPUT')
  }
  t.equal((await call('GET', url)).json.updated_at, emptied.json.updated_at, 'a refused change changes nothing')
  refuses(t, await call('PUT', `/carts/${NOBODY}/items/1`, { quantity: 1 }), 404, 'USER_NOT_FOUND', 'User not found')
  refuses(t, await call('PUT', '/carts/x/items/1', { quantity: 1 }), 400, 'INVALID_USER_ID')
})

t.test('DELETE items/{product_id} removes an item, DELETE clear all of them', async (t) => {
  const { call } = await openShop(t)
  refuses(t, await call('DELETE', `${url}/items/1`), 404, 'CART_NOT_FOUND', 'Cart not found')
  refuses(t, await call('DELETE', `${url}/clear`), 404, 'CART_NOT_FOUND', 'Cart not found')
  const made = await call('PUT', url, { items: [1, 2, 3].map((n) => ({ product_id: n, quantity: n })) })

  const removed = await call('DELETE', `${url}/items/2`)
  t.equal(removed.status, 200)
  t.strictSame(lines(removed), [[1, 1, 1], [3, 3, 3]])
  refuses(t, await call('DELETE', `${url}/items/2`), 404, 'CART_ITEM_NOT_FOUND', 'Product 2 not found in cart')

  const cleared = await call('DELETE', `${url}/clear`)
  t.match(cleared, { status: 200, json: { cart_id: made.json.cart_id, items: [], total_items: 0, total_price: 0 } },
    'empty, but the same cart')
  t.equal((await call('DELETE', `${url}/clear`)).status, 200, 'an empty cart can be emptied')
  for (const path of ['items/1', 'clear']) {
    refuses(t, await call('DELETE', `/carts/${NOBODY}/${path}`), 404, 'USER_NOT_FOUND', 'User not found')
    refuses(t, await call('DELETE', `/carts/x/${path}`), 400, 'INVALID_USER_ID', 'Invalid user ID format')
  }
})

t.test('every change moves updated_at and the ETag, and nothing else of the cart itself', async (t) => {
  const { call } = await openShop(t)
  let before = await call('POST', '/carts', { user_id: userId(1), items: [{ product_id: 1, quantity: 1 }] })
  const changes = [
    ['PUT', url, { items: [{ product_id: 2, quantity: 2 }] }],
    ['POST', `${url}/items`, { product_id: 3, quantity: 1 }],
    ['POST', `${url}/items`, { product_id: 3, quantity: 1 }],
    ['PUT', `${url}/items/3`, { quantity: 9 }],
    ['PUT', `${url}/items/3`, { quantity: 0 }],
    ['DELETE', `${url}/items/2`, undefined],
    ['DELETE', `${url}/clear`, undefined]
  ] as const
  for (const [method, path, body] of changes) {
    const after = await call(method, path, body)
    t.ok(after.json.updated_at > before.json.updated_at, `${method} ${path} moves updated_at`)
    t.not(after.headers.etag, before.headers.etag, 'and the ETag')
    t.match(after.json, { cart_id: before.json.cart_id, created_at: before.json.created_at })
    const read = await call('GET', url)
    t.strictSame(read.json, after.json, 'and answers what GET shows')
    t.equal(read.headers.etag, after.headers.etag)
    before = after
  }

  const added = await call('POST', `${url}/items`, { product_id: 4, quantity: 5 })
  const same = await call('PUT', `${url}/items/4`, { quantity: 5 })
  t.strictSame([same.status, same.json, same.headers.etag], [200, added.json, added.headers.etag],
    'the same quantity is no change')
})

t.test('changes of one cart at the same moment are all kept', async (t) => {
  const { call } = await openShop(t)
  const answers = await Promise.all(Array.from({ length: 40 }, async (_, n) =>
    await call('POST', `${url}/items`, { product_id: n % 8 + 1, quantity: 1 })))
  t.strictSame(answers.filter(({ status }) => status !== 200), [], 'none is refused, whoever made the cart')
  const cart = (await call('GET', url)).json
  t.match(cart, { total_items: 8, total_quantity: 40 })
  t.strictSame(cart.items.map((item: any) => item.add_to_cart_order), [1, 2, 3, 4, 5, 6, 7, 8], 'each position once')

  const mixed = await Promise.all(Array.from({ length: 120 }, async (_, n) => n % 3 === 0
    ? await call('DELETE', url)
    : await call('POST', `${url}/items`, { product_id: 1, quantity: 1 })))
  t.strictSame(mixed.filter(({ status }) => ![200, 404].includes(status)).map(({ text }) => text), [],
    'also while the cart is deleted again and again')
})
