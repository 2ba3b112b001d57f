import t from 'tap'
import { openShop, refuses, userId, type Shop } from '../../helper.ts'

/** An order of user 1 with products 1 (twice) and 31 (two of five): its path and id. */
async function makeOrder ({ call }: Shop): Promise<{ url: string, id: string }> {
  const { json } = await call('POST', '/orders', {
    user_id: userId(1), items: [{ product_id: 1, quantity: 2 }, { product_id: 31, quantity: 2, reordered: 1 }]
  })
  return { url: `/orders/${json.data[0].order_id}`, id: json.data[0].order_id }
}

const stockOf = async ({ sql }: Shop, product: number) =>
  (await sql<{ stock: number }[]>`select stock from products.inventory where product_id = ${product}`)[0]!.stock

t.test('POST /orders/{order_id}/items adds lines at today’s price and raises lines at their own', async (t) => {
  const shop = await openShop(t, { SELL_UNPRICED: 'true' })
  const { call, sql } = shop
  const { url, id } = await makeOrder(shop)
  const before = await call('GET', url)
  await sql`update products.product_enriched set price = 10 where product_id in (1, 2)`

  const added = await call('POST', `${url}/items`, [
    { product_id: 2, quantity: 3 }, { product_id: 1, quantity: 5 }, { product_id: 31 },
    { product_id: 40, add_to_cart_order: 1, reordered: 1 }
  ])
  t.equal(added.status, 201)
  t.match(added.json, { message: 'Items added successfully', order_id: id, total_added: 4 })
  t.strictSame(added.json.added_items.toSorted((a: any, b: any) => a.product_id - b.product_id), [
    { order_id: id, product_id: 1, quantity: 7, add_to_cart_order: 1, reordered: 0, updated: true },
    { order_id: id, product_id: 2, quantity: 3, add_to_cart_order: 3, reordered: 0, updated: false },
    { order_id: id, product_id: 31, quantity: 3, add_to_cart_order: 2, reordered: 1, updated: true },
    { order_id: id, product_id: 40, quantity: 1, add_to_cart_order: 1, reordered: 1, updated: false }
  ], 'quantity is the line’s new total, 1 where none is sent; a new line stands behind the others or where it was put')

  const after = await call('GET', url)
  const [order] = after.json.data
  t.match(order, { total_items: 4, total_quantity: 14, total_price: 139.9 },
    'totals follow: 7 × 1.99 + 3 × 10 + 3 × 31.99')
  t.strictSame(Object.fromEntries(order.items.map((item: any) => [item.product_id, item.price])), {
    1: 1.99, 2: 10, 31: 31.99, 40: null
  })
  t.ok(order.updated_at > before.json.data[0].updated_at)
  t.not(after.headers.etag, before.headers.etag, 'the ETag moves')
  t.equal(order.status_history.length, 1, 'the status does not')
  t.equal(await stockOf(shop, 31), 2, 'stock is taken for what is added')
})

t.test('items of one request', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  const { url } = await makeOrder(shop)
  const added = await call('POST', `${url}/items`, [
    { product_id: 5, quantity: 1 }, { product_id: 6, quantity: 1 }, { product_id: 5, quantity: 4, price: 0 }
  ])
  t.match(added.json, { total_added: 2 }, 'a product twice counts once, quantities summed')
  t.strictSame(added.json.added_items.map((item: any) => [item.product_id, item.quantity, item.add_to_cart_order]), [
    [5, 5, 3], [6, 1, 4]
  ])
  const [order] = (await call('GET', url)).json.data
  t.strictSame(order.items.map((item: any) => item.product_id), [1, 31, 5, 6], 'shown in the order of their positions')

  await Promise.all(Array.from({ length: 30 },
    async (_, n) => await call('POST', `${url}/items`, [{ product_id: 33 }, { product_id: n % 3 + 10 }])))
  const [raised] = (await call('GET', url)).json.data
  t.match(raised, { total_items: 8, total_quantity: 70 }, 'thirty additions at once all count')
  t.equal(await stockOf(shop, 33), 970)
})

t.test('an addition that cannot be changes nothing', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  const { url } = await makeOrder(shop)
  const before = await call('GET', url)

  refuses(t, await call('POST', `${url}/items`, [{ product_id: 2 }, { product_id: 99 }, { product_id: 50 }]), 400,
    'PRODUCTS_NOT_FOUND', 'Products not found: 50, 99')
  refuses(t,
    await call('POST', `${url}/items`, [
      { product_id: 2 }, { product_id: 33, quantity: 1 }, { product_id: 31, quantity: 4 }
    ]),
    409, 'INSUFFICIENT_STOCK', 'Not enough stock: product 31 (Product 31), wanted 4, available 3')
  refuses(t, await call('POST', `${url}/items`, [{ product_id: 2 }, { product_id: 1, quantity: 1_000_000 }]), 400,
    'INVALID_QUANTITY')
  for (const body of [
    [], {}, [{ quantity: 1 }], [{ product_id: 1, quantity: 0 }], [{ product_id: '1' }],
    [{ product_id: 1, reordered: 5 }], undefined
  ]) {
    refuses(t, await call('POST', `${url}/items`, body), 400, 'INVALID_INPUT')
  }
  const after = await call('GET', url)
  t.strictSame([after.json, after.headers.etag], [before.json, before.headers.etag])
  t.strictSame([await stockOf(shop, 31), await stockOf(shop, 33)], [3, 1000], 'no stock is taken')
})

t.test('an order takes no items once it is shipped, cancelled or later', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const editable = ['pending', 'paid', 'confirmed', 'processing']
  const closed = ['shipped', 'delivered', 'cancelled', 'failed', 'return_requested', 'returned', 'refunded']
  for (const status of [...editable, ...closed]) {
    const [row] = await sql<{ id: string }[]>`
      insert into orders.orders (user_id, order_number, order_dow, order_hour_of_day, status)
      select 1, coalesce(max(order_number), 0) + 1, 0, 0, ${status} from orders.orders returning id`
    const added = await call('POST', `/orders/${row!.id}/items`, [{ product_id: 33 }])
    if (editable.includes(status)) t.equal(added.status, 201, `${status}: takes them`)
    else refuses(t, added, 409, 'ORDER_NOT_EDITABLE', `An order that is ${status} takes no more items`)
  }
  t.equal(await stockOf(shop, 33), 996)
})

t.test('what was added comes back with the rest', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  const { url } = await makeOrder(shop)
  await call('POST', `${url}/items`, [{ product_id: 31, quantity: 3 }, { product_id: 32 }])
  t.strictSame([await stockOf(shop, 31), await stockOf(shop, 32)], [0, 0])
  t.equal((await call('PATCH', url, { status: 'cancelled' })).status, 200)
  t.strictSame([await stockOf(shop, 31), await stockOf(shop, 32)], [5, 1])
})
