import t, { type Test } from 'tap'
import { openShop, userId, type Shop } from '../../helper.ts'
import { tokenOf } from '../../people.ts'

/** A shop whose product n costs prices[n - 1]; null: no price. */
async function shopWith (t: Test, prices: (string | null)[], settings = {}): Promise<Shop> {
  const shop = await openShop(t, settings)
  for (const [index, price] of prices.entries()) {
    await shop.sql`update products.product_enriched set price = ${price} where product_id = ${index + 1}`
  }
  return shop
}

/** Places an order of [product, quantity] pairs and returns what it costs, digit for digit as the answer says. */
async function costs (shop: Shop, ...lines: [number, number][]): Promise<string> {
  const items = lines.map(([id, quantity]) => ({ product_id: id, quantity }))
  const { text } = await shop.call('POST', '/api/orders', { items }, tokenOf(shop, 1))
  return ['subtotal', 'tax', 'shipping_cost', 'total'].map((name) => new RegExp(`"${name}":([\\d.]+)`).exec(text)?.[1])
    .join(' ')
}

t.test('tax is rounded to cents, half up', async (t) => {
  const shop = await shopWith(t, ['0.06', '0.07', '0.10', '10.05'], { TAX_RATE: '0.05', SHIPPING_COST: '0' })
  t.equal(await costs(shop, [1, 1]), '0.06 0.00 0.00 0.06', '0.0030 is 0.00')
  t.equal(await costs(shop, [3, 1]), '0.10 0.01 0.00 0.11', '0.0050 is 0.01')
  t.equal(await costs(shop, [3, 3]), '0.30 0.02 0.00 0.32', '0.0150 is 0.02')
  t.equal(await costs(shop, [4, 2]), '20.10 1.01 0.00 21.11',
    '1.0050 is 1.01; in binary floating point it would be 1.00')
  t.equal(await costs(shop, [1, 1], [2, 1], [3, 1]), '0.23 0.01 0.00 0.24', 'of the subtotal, not of each line')
})

t.test('a rate of many digits', async (t) => {
  const shop = await shopWith(t, ['99999999.99', '1.00'], {
    TAX_RATE: '0.08875', SHIPPING_COST: '4.99', FREE_SHIPPING_FROM: '99.99'
  })
  t.equal(await costs(shop, [2, 1]), '1.00 0.09 4.99 6.08')
  t.equal(await costs(shop, [1, 1]), '99999999.99 8875000.00 0.00 108874999.99')
})

t.test('shipping is free from FREE_SHIPPING_FROM on', async (t) => {
  const shop = await shopWith(t, ['99.99', '0.01', '100.00'])
  t.equal(await costs(shop, [1, 1]), '99.99 8.00 10.00 117.99', 'a cent less')
  t.equal(await costs(shop, [1, 1], [2, 1]), '100.00 8.00 0.00 108.00', 'exactly')
  t.equal(await costs(shop, [3, 1], [2, 1]), '100.01 8.00 0.00 108.01')

  const generous = await shopWith(t, ['5.00'], { FREE_SHIPPING_FROM: '0', TAX_RATE: '0' })
  t.equal(await costs(generous, [1, 1]), '5.00 0.00 0.00 5.00')
})

t.test('what has no price costs nothing but its shipping', async (t) => {
  const shop = await shopWith(t, ['1.00', null], { SELL_UNPRICED: 'true' })
  t.equal(await costs(shop, [2, 3]), '0.00 0.00 10.00 10.00')
  t.equal(await costs(shop, [1, 1], [40, 1]), '1.00 0.08 10.00 11.08')
})

t.test('items added later are charged by the order’s own rates', async (t) => {
  const shop = await shopWith(t, ['60.00', '40.00'])
  const { call, sql } = shop
  const { json: order } = await call('POST', '/api/orders', { items: [{ product_id: 1, quantity: 1 }] },
    tokenOf(shop, 1))
  t.match(order, { tax: 4.8, shipping_cost: 10, total: 74.8 })

  const dearer = await openShop(t, {
    DATABASE_URL: shop.url, TAX_RATE: '0.5', SHIPPING_COST: '99', FREE_SHIPPING_FROM: '1000'
  })
  await dearer.call('POST', `/orders/${order.id}/items`, [{ product_id: 2 }])
  const { json } = await call('GET', `/api/orders/${order.id}`, undefined, tokenOf(shop, 1))
  t.match(json, { subtotal: 100, tax: 8, shipping_cost: 0, total: 108 },
    'the service API added them; the settings have changed')

  const { json: { data: [plain] } } = await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] })
  await call('POST', `/orders/${plain.order_id}/items`, [{ product_id: 2 }])
  t.match((await call('GET', `/api/orders/${plain.order_id}`, undefined, tokenOf(shop, 1))).json,
    { subtotal: 100, tax: 0, shipping_cost: 0, total: 100 }, 'an order of the service API stays without')
  t.strictSame(
    [
      ...await sql`
        select tax_rate::text, shipping_rate::text, free_shipping_from::text from orders.orders order by id`.values()
    ],
    [['0.08', '10', '100'], [null, null, null]]
  )
})

t.test('checkout of the storefront charges as its orders do; of the service API, item prices only', async (t) => {
  const shop = await shopWith(t, ['60.00'])
  const { call } = shop
  const fill = async () => await call('PUT', `/carts/${userId(1)}`, { items: [{ product_id: 1, quantity: 1 }] })
  await fill()
  const { json: { data: [here] } } = await call('POST', '/api/carts/me/checkout', undefined, tokenOf(shop, 1))
  t.match((await call('GET', `/api/orders/${here.order_id}`, undefined, tokenOf(shop, 1))).json, {
    subtotal: 60, tax: 4.8, shipping_cost: 10, total: 74.8
  })
  await fill()
  const { json: { data: [there] } } = await call('POST', `/carts/${userId(1)}/checkout`)
  t.match((await call('GET', `/api/orders/${there.order_id}`, undefined, tokenOf(shop, 1))).json, {
    subtotal: 60, tax: 0, shipping_cost: 0, total: 60
  })
})

t.test('an event says what the customer pays', async (t) => {
  const shop = await shopWith(t, ['60.00'])
  await shop.sql`insert into gateway.event_publishers values ('notifications', now())`
  await costs(shop, [1, 1])
  t.match([...await shop.sql`select payload from orders.outbox`], [
    { payload: { event_type: 'order_created', total: 74.8, user_email: 'user1@example.com' } }
  ])
})
