import t from 'tap'
import { request, serve } from './serve.ts'

/** A back-office tool of the older order management API: an admin key, integer ids, prices in cents. */
class BackOffice {
  readonly #api: string

  constructor (url: string) {
    this.#api = `${url}/api/v1`
  }

  send = async (method: string, path: string, body?: unknown) => await request(this.#api + path, method,
    { 'X-API-Key': 'admin-key' }, body)
}

t.test('a back office keeps the catalogue, takes an order by telephone, and closes the day', async (t) => {
  const { url } = await serve(t, { ADMIN_API_KEYS: 'admin-key' })
  const office = new BackOffice(url)

  const product = await office.send('POST', '/products', { name: 'Rye bread', price_cents: 349, stock: 10 })
  t.match(product, { id: Number, name: 'Rye bread', price_cents: 349, stock: 10 })
  const [customer] = (await office.send('GET', '/users?q=user2')).items

  const order = await office.send('POST', '/orders', {
    user_id: customer.id, status: 'paid', items: [{ product_id: product.id, quantity: 3 }]
  })
  t.match(order, {
    user_id: customer.id,
    user_name: customer.full_name,
    status: 'paid',
    items: [{ product_id: product.id, product_name: 'Rye bread', quantity: 3, price_cents_at_purchase: 349 }],
    total_amount_cents: 1047,
    total_quantity: 3
  })
  t.equal((await office.send('GET', `/products/${product.id}`)).stock, 7)

  await office.send('PATCH', `/products/${product.id}`, { price_cents: 399 })
  t.equal((await office.send('GET', `/orders/${order.order_id}`)).total_amount_cents, 1047, 'at the price of then')
  t.match(await office.send('PATCH', `/orders/${order.order_id}`, { status: 'shipped' }), {
    order_id: order.order_id, status: 'shipped'
  })

  const today = new Date().toISOString().slice(0, 10)
  const day = await office.send('GET',
    `/orders?status=shipped&product_id=${product.id}&start_date=${today}&end_date=${today}`)
  t.match(day, { total: 1, total_amount_cents: 1047, total_quantity: 3, orders: [{ order_id: order.order_id }] })
  await t.rejects(
    office.send('POST', '/orders', { user_id: customer.id, items: [{ product_id: product.id, quantity: 8 }] }),
    { message: /^409 Not enough stock/ }
  )
  await t.rejects(office.send('PATCH', `/orders/${order.order_id}`, { state: 'paid' }), { message: /^400 / },
    'what it does not know it refuses')
})
