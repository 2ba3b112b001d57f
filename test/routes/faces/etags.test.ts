import t from 'tap'
import { all } from '../../checks.ts'
import { openShop, refuses, userId, type Shop } from '../../helper.ts'
import { BOSS, tokenOf } from '../../people.ts'

const cartUrl = `/carts/${userId(1)}`
const items = [{ product_id: 1, quantity: 2 }, { product_id: 3, quantity: 1 }]

async function openWithOrder (t: any): Promise<Shop & { id: string }> {
  const shop = await openShop(t)
  await shop.call('PUT', cartUrl, { items })
  const { json } = await shop.call('POST', '/orders', { user_id: userId(1), items, delivery_name: 'Ada' })
  return { ...shop, id: json.data[0].order_id }
}

t.test('a tag changes with every byte of what a caller gets, and only then', async (t) => {
  const shop = await openWithOrder(t)
  const { call, sql, id } = shop
  const resources: [string, Record<string, string>?][] = [
    [`/users/${userId(1)}`], ['/api/v1/users/1'], ['/api/users/me', tokenOf(shop, 1)],
    [`/users/${userId(1)}/notification-settings`],
    [cartUrl], ['/api/carts/me', tokenOf(shop, 1)],
    [`/orders/${id}`], [`/api/v1/orders/${id}`], [`/api/orders/${id}`, tokenOf(shop, 1)], [`/api/orders/${id}`, BOSS],
    ['/products/1'], ['/api/products/1'], ['/api/v1/products/1']
  ]
  const look = async () => await Promise.all(resources.map(
    async ([url, headers]) => await call('GET', url, undefined, headers)
  ))
  const changes = [
    'update products.product_enriched set price = 99.99 where product_id = 1',
    "update products.product_enriched set description = 'Another' where product_id = 1",
    "update products.product_enriched set image_url = 'x.png' where product_id = 1",
    'delete from products.product_enriched where product_id = 1',
    'insert into products.product_enriched (product_id, price) values (1, 5)',
    'insert into products.inventory (product_id, stock) values (1, 7)',
    'update products.inventory set stock = 6 where product_id = 1',
    "update products.departments set department_name = department_name || ' (new)'",
    "update products.aisles set aisle_name = aisle_name || ' (new)'",
    "update products.products set product_name = 'Renamed', sku = 'NEW' where product_id = 1",
    'update products.products set department_id = 4 where product_id = 1',
    "update users.users set email_address = 'new@example.com' where id = 1",
    "update users.users set first_name = 'Zoe', city = 'Rome' where id = 1",
    "update users.users set upstream_user_id = 'there' where id = 1",
    'update orders.orders set customer_name = null where user_id = 1',
    "update orders.orders set internal_notes = 'careful', status = 'paid' where user_id = 1",
    "update orders.order_status_history set changed_by = 'somebody'",
    'update orders.cart_items set quantity = 5',
    'select 1'
  ]
  let before = await look()
  all(t, before, ({ status, headers }) => status === 200 && /^"[\w-]+"$/.test(headers.etag!), 'a strong ETag')
  for (const change of changes) {
    await sql.unsafe(change)
    const after = await look()
    for (const [place, [url]] of resources.entries()) {
      const [old, now] = [before[place]!, after[place]!]
      if (old.text !== now.text) t.not(now.headers.etag, old.headers.etag, `${url} after ${change}`)
      if (change === 'select 1') t.equal(now.headers.etag, old.headers.etag, `${url} as it was`)
    }
    before = after
  }
})

t.test('a cart changes, and is checked out, as it was seen: with its prices', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const setPrice = async (price: number) =>
    await sql`update products.product_enriched set price = ${price} where product_id = 1`
  const tagNow = async () => (await call('GET', cartUrl)).headers.etag!
  await call('PUT', cartUrl, { items })
  const writes = [
    ['PUT', cartUrl, { items }], ['POST', `${cartUrl}/items`, { product_id: 2, quantity: 1 }],
    ['PUT', `${cartUrl}/items/3`, { quantity: 4 }],
    ['DELETE', `${cartUrl}/items/3`], ['DELETE', `${cartUrl}/clear`], ['PUT', cartUrl, { items }],
    ['POST', `${cartUrl}/checkout`]
  ] as const
  let price = 10
  for (const [method, url, body] of writes) {
    const stale = await tagNow()
    await setPrice(price++)
    const fresh = await tagNow()
    // Nothing to see where the cart has been emptied.
    if (stale !== fresh) refuses(t, await call(method, url, body, { 'if-match': stale }), 412, 'PRECONDITION_FAILED')
    refuses(t, await call(method, url, body, { 'if-match': `W/${fresh}` }), 412, 'PRECONDITION_FAILED')
    const done = await call(method, url, body, { 'if-match': `"other", ${fresh}` })
    t.equal(done.status, url.endsWith('checkout') ? 201 : 200, `${method} ${url}`)
    if (!url.endsWith('checkout')) {
      t.equal(done.headers.etag, await tagNow(), 'the tag of the answer is that of the cart')
    }
  }
  refuses(t, await call('POST', `${cartUrl}/checkout`, undefined, { 'if-match': '*' }), 412, 'PRECONDITION_FAILED')
  refuses(t, await call('POST', `${cartUrl}/checkout`), 400, 'CART_EMPTY')

  const me = tokenOf(shop, 1)
  await call('PUT', '/api/carts/me', { items }, me)
  const key = { ...me, 'idempotency-key': 'once' }
  const stale = (await call('GET', '/api/carts/me', undefined, me)).headers.etag!
  await setPrice(price)
  refuses(t, await call('POST', '/api/carts/me/checkout', undefined, { ...key, 'if-match': stale }), 412,
    'PRECONDITION_FAILED')
  const fresh = (await call('GET', '/api/carts/me', undefined, me)).headers.etag!
  const placed = await call('POST', '/api/carts/me/checkout', undefined, { ...key, 'if-match': fresh })
  t.equal(placed.status, 201, 'with the same key: that the cart was another one is no answer to keep')
  t.match(await call('POST', '/api/carts/me/checkout', undefined, { ...key, 'if-match': fresh }), {
    status: 201, headers: { 'idempotency-replayed': 'true' }
  })
})

t.test('two checkouts of the cart as it was seen make one order', async (t) => {
  const { call } = await openShop(t)
  const { headers: { etag } } = await call('PUT', cartUrl, { items })
  const answers = await Promise.all(Array.from({ length: 6 },
    async () => await call('POST', `${cartUrl}/checkout`, undefined, { 'if-match': etag! })))
  t.strictSame(answers.map(({ status }) => status).sort(), [201, 412, 412, 412, 412, 412])
})

t.test('an order’s tag counts on the face that gave it; the service’s and the back office’s everywhere', async (t) => {
  const shop = await openWithOrder(t)
  const { call, sql, id } = shop
  const me = tokenOf(shop, 1)
  const tags = async () => ({
    service: (await call('GET', `/orders/${id}`)).headers.etag!,
    management: (await call('GET', `/api/v1/orders/${id}`)).headers.etag!,
    storefront: (await call('GET', `/api/orders/${id}`, undefined, BOSS)).headers.etag!,
    older: `"${id}-${(await sql`select version from orders.orders where id = ${id}`)[0]!.version}"`
  })
  const change = {
    service: async (tag: string) => await call('PATCH', `/orders/${id}`, { note: 'x' }, { 'if-match': tag }),
    management: async (tag: string) => await call('PATCH', `/api/v1/orders/${id}`, { status: 'pending' }, {
      'if-match': tag
    }),
    storefront: async (tag: string) => await call('PUT', `/api/orders/${id}`, { internal_notes: `${Math.random()}` }, {
      ...BOSS, 'if-match': tag
    })
  }
  for (const [face, patch] of Object.entries(change)) {
    const now = await tags()
    for (const tag of [now.service, now.management, now.older, ...face === 'storefront' ? [now.storefront] : []]) {
      const fresh = await tags()
      const current = Object.entries(now).find(([, value]) => value === tag)![0] as keyof typeof now
      const done = await patch(fresh[current])
      t.equal(done.status, 200, `${current} on ${face}`)
      t.equal(done.headers.etag, (await tags())[face as 'service'], 'the tag of the answer is that of the order')
    }
  }
  const stale = await tags()
  await sql`update orders.orders set city = 'Elsewhere' where id = ${id}`
  for (const patch of Object.values(change)) {
    for (const tag of Object.values(stale)) refuses(t, await patch(tag), 412, 'PRECONDITION_FAILED')
  }
  const own = (await call('GET', `/api/orders/${id}`, undefined, me)).headers.etag!
  t.equal((await call('PATCH', `/api/orders/${id}/cancel`, undefined, { ...me, 'if-match': own })).status, 200,
    'the customer’s own')
  refuses(t, await call('DELETE', `/orders/${id}`, undefined, { 'if-match': stale.service }), 412,
    'PRECONDITION_FAILED')
  t.equal((await call('DELETE', `/orders/${id}`, undefined, { 'if-match': (await tags()).service })).status, 204)
})
