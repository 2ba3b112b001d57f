import { Writable } from 'node:stream'
import t from 'tap'
import { type Answer, freshDatabase, openOwnShop, openShop, refuses, type Shop, userId } from '../../helper.ts'
import { tokenOf } from '../../people.ts'

const items = [{ product_id: 7, quantity: 1 }, { product_id: 40, quantity: 2 }, { product_id: 39, quantity: 1 }]

/** Orders of products 7, 40 and 39 on every face. */
async function orderEverywhere (shop: Shop): Promise<Record<string, Answer>> {
  const { call } = shop
  const me = tokenOf(shop, 1)
  const pending =
    (await call('POST', '/orders', { user_id: userId(2), items: [{ product_id: 1 }] })).json.data[0].order_id
  await call('PUT', `/carts/${userId(1)}`, { items })
  const answers: Record<string, Answer> = {
    service: await call('POST', '/orders', { user_id: userId(1), items }),
    management: await call('POST', '/api/v1/orders', { user_id: 1, items }),
    cancelled: await call('POST', '/api/v1/orders', { user_id: 1, status: 'cancelled', items }),
    storefront: await call('POST', '/api/orders', { items }, me),
    'items added': await call('POST', `/orders/${pending}/items`, items),
    checkout: await call('POST', `/carts/${userId(1)}/checkout`)
  }
  await call('PUT', `/carts/${userId(1)}`, { items })
  return { ...answers, 'the storefront’s checkout': await call('POST', '/api/carts/me/checkout', undefined, me) }
}

const setStock = async ({ sql }: Shop) =>
  await sql`insert into products.inventory (product_id, stock) values (40, 1000)`

t.test('a product without a price is not sold, on any face; a cart may hold it', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  await sql`update products.product_enriched set price = null where product_id = 39`
  await setStock(shop)
  for (const [name, answer] of Object.entries(await orderEverywhere(shop))) {
    t.comment(name)
    refuses(t, answer, 409, 'PRODUCT_NOT_PRICED', 'Products without a price: 39, 40')
  }
  t.match(await call('POST', '/legacy/orders', { user_id: userId(1), items }),
    { status: 200, json: { success: false, data: [], error: 'Products without a price: 39, 40' } })
  t.strictSame([...await sql`select stock from products.inventory where product_id = 40`], [{ stock: 1000 }],
    'and nothing is taken')
  t.match((await call('GET', `/carts/${userId(1)}`)).json, { total_items: 3, total_price: 7.99 },
    'the cart is still there')
  t.equal((await sql`select from orders.order_items where price is null`).length, 0)

  await sql`update products.product_enriched set price = 0 where product_id = 39`
  t.match((await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 39 }] })).json.data,
    [{ total_price: 0 }], 'a price of nothing is one')
})

t.test('a line that is there is raised at its own price, if it has one', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const id =
                    (await call('POST', '/orders',
                      { user_id: userId(1), items: [{ product_id: 7 }, { product_id: 8 }] })).json.data[0].order_id
  await sql`update products.product_enriched set price = null where product_id = 7`
  await sql`update orders.order_items set price = null where product_id = 8`
  t.equal((await call('POST', `/orders/${id}/items`, [{ product_id: 7 }])).status, 201)
  refuses(t, await call('POST', `/orders/${id}/items`, [{ product_id: 8 }]), 409, 'PRODUCT_NOT_PRICED',
    'Products without a price: 8')
})

t.test('with SELL_UNPRICED it is sold and counts nothing', async (t) => {
  const shop = await openShop(t, { SELL_UNPRICED: 'true' })
  await setStock(shop)
  for (const [name, { status }] of Object.entries(await orderEverywhere(shop))) t.equal(status, 201, name)
  t.strictSame(
    [...await shop.sql`select distinct total_price::text as price from orders.orders where total_items = 3`],
    [{ price: '47.98' }]
  )
})

t.test('a shop without any price says so at start', async (t) => {
  const url = await freshDatabase(t)
  const logAtStart = async (settings: Record<string, string> = {}) => {
    let log = ''
    const stream = new Writable({ write (chunk, _encoding, done) { log += chunk; done() } })
    const { sql } = await openOwnShop(t, { DATABASE_URL: url, LOG_LEVEL: 'warn', ...settings }, stream)
    await sql`update products.product_enriched set price = null`
    return log
  }
  t.notMatch(await logAtStart(), /SELL_UNPRICED/, 'there are prices')
  t.match(await logAtStart(), /no product has a price.*SELL_UNPRICED/)
  t.notMatch(await logAtStart({ SELL_UNPRICED: 'true' }), /SELL_UNPRICED/)
})
