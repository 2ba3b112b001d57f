import t from 'tap'
import { NOBODY, openShop, refuses, userId, type Answer } from '../../helper.ts'

const url = `/carts/${userId(1)}`

/** Product and quantity of each item, in the order of the cart. */
const lines = (answer: Answer) => answer.json.items.map((item: any) => [item.product_id, item.quantity])

t.test('a guest’s items are merged into the cart: the higher quantity of each', async (t) => {
  const { call } = await openShop(t)
  await call('PUT', url, { items: [{ product_id: 5, quantity: 2 }, { product_id: 2, quantity: 7 }] })
  const items = [
    { product_id: 3 }, { product_id: 2, quantity: 4 }, { product_id: 5, quantity: 2 }, { product_id: 5, quantity: 1 }
  ]
  const merged = await call('POST', `${url}/merge`, { items })
  t.equal(merged.status, 200)
  t.same(lines(merged), [[5, 3], [2, 7], [3, 1]], 'a product that comes twice counts once, quantities summed')
  const again = await call('POST', `${url}/merge`, { items })
  t.equal(again.text, merged.text, 'sent again it changes nothing, updated_at neither')
  t.equal(again.headers.etag, merged.headers.etag)
  t.same(lines(await call('POST', `${url}/merge`, {})), lines(merged), 'nothing to merge')

  refuses(t, await call('POST', `${url}/merge`, { items: [{ product_id: 1 }, { product_id: 99 }] }), 400,
    'PRODUCTS_NOT_FOUND', 'Products not found: 99')
  refuses(t, await call('POST', `${url}/merge`, { items: [1, 2].map(() => ({ product_id: 1, quantity: 600_000 })) }),
    400, 'INVALID_QUANTITY')
  refuses(t, await call('POST', `${url}/merge`, { items }, { 'if-match': '"old"' }), 412, 'PRECONDITION_FAILED')
  refuses(t, await call('POST', `/carts/${NOBODY}/merge`, { items }), 404, 'USER_NOT_FOUND')
  t.equal((await call('GET', url)).text, merged.text, 'what was refused has changed nothing')

  const own = { 'x-user-id': 'newcomer', 'x-user-email': 'newcomer@example.com' }
  const first = await call('POST', '/api/carts/me/merge', { items }, own)
  t.match(first, { status: 200, json: { user_id: 'newcomer' } }, 'a caller’s own, who is new here')
  t.same(lines(first), [[3, 1], [2, 4], [5, 3]])
})

t.test('of carts merged at once, and items added meanwhile, nothing is lost', async (t) => {
  const { call } = await openShop(t)
  for (let round = 1; round <= 3; round++) {
    const all = await Promise.all([
      ...Array.from({ length: 10 }, async (_, n) => await call('POST', `${url}/merge`, {
        items: [{ product_id: 1, quantity: n + round }, { product_id: 2 + n % 3, quantity: round }]
      })),
      call('POST', `${url}/items`, { product_id: 5, quantity: 1 })
    ])
    t.same(new Set(all.map(({ status }) => status)), new Set([200]))
    t.same(lines(await call('GET', url)).sort(), [[1, 9 + round], [2, round], [3, round], [4, round], [5, round]])
  }
})

t.test('the cart names prices that have changed since, and a checkout can insist on them', async (t) => {
  const { call, sql } = await openShop(t)
  const price = async (id: number, cents: number) => {
    t.equal((await call('PATCH', `/api/v1/products/${id}`, { price_cents: cents })).status, 200)
  }
  const { json: was } = await call('GET', '/products/1')
  await call('POST', `${url}/items`, { product_id: 1, quantity: 2 })
  await call('POST', `${url}/merge`, { items: [{ product_id: 2 }] })
  const before = await call('GET', url)
  t.same(before.json.changes, [], 'none yet')
  await price(1, 1234)
  await price(3, 1)
  const after = await call('GET', url)
  t.same(after.json.changes, [{ product_id: 1, old_price: was.price, new_price: 12.34 }])
  t.match(after.json.items[0], { product_id: 1, price: 12.34 })
  const raised = await call('PUT', `${url}/items/1`, { quantity: 3 })
  t.same(raised.json.changes, after.json.changes, 'another quantity is no consent')

  refuses(t, await call('POST', `${url}/checkout`, {}, { 'if-match': before.headers.etag! }), 412,
    'PRECONDITION_FAILED')
  await sql`update products.product_enriched set price = null where product_id = 2`
  const gone = await call('GET', url)
  t.match(gone.json.changes[1], { product_id: 2, new_price: null }, 'a price that is gone')
  await price(2, 500)
  await price(1, Math.round(was.price * 100))
  const last = await call('GET', url)
  t.same(last.json.changes.map((change: any) => change.product_id), [2], 'one that is as it was is none')
  const anew = await call('PUT', url, { items: [{ product_id: 1 }, { product_id: 2 }] })
  t.same(anew.json.changes, [], 'put in anew at today’s prices')
  refuses(t, await call('POST', `${url}/checkout`, {}, { 'if-match': last.headers.etag! }), 412, 'PRECONDITION_FAILED')
  const order = await call('POST', `${url}/checkout`, {}, { 'if-match': anew.headers.etag! })
  t.match(order, { status: 201, json: { data: [{ total_items: 2 }] } })
})

t.test('what a gateway of the release before put in has no price to compare', async (t) => {
  const { call, sql } = await openShop(t)
  await call('PUT', url, { items: [{ product_id: 1 }] })
  await sql`update orders.cart_items set added_price = null`
  await call('PATCH', '/api/v1/products/1', { price_cents: 1 })
  t.same((await call('GET', url)).json.changes, [])
})
