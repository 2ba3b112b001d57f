import t from 'tap'
import { request, serve } from './serve.ts'

/** A shop front that was written for the order service with its own logins. */
class ShopFront {
  readonly #api: string
  #token = ''

  constructor (url: string) {
    this.#api = `${url}/api`
  }

  async #send (method: string, path: string, body?: unknown) {
    return await request(this.#api + path, method, this.#token ? { Authorization: `Bearer ${this.#token}` } : {}, body)
  }

  async register (email: string, password: string) {
    const { token, user } = await this.#send('POST', '/auth/register', {
      email, password, firstName: 'Grace', lastName: 'Hopper'
    })
    this.#token = token
    return user
  }

  async logIn (email: string, password: string) {
    const { token, user } = await this.#send('POST', '/auth/login', { email, password })
    this.#token = token
    return user
  }

  listProducts = async (query = '') => await this.#send('GET', `/products${query}`)
  createOrder = async (order: object) => await this.#send('POST', '/orders', order)
  listOrders = async () => await this.#send('GET', '/orders')
  getOrder = async (id: string) => await this.#send('GET', `/orders/${id}`)
  getOrderByNumber = async (number: string) => await this.#send('GET', `/orders/number/${number}`)
  listAllOrders = async (query = '') => await this.#send('GET', `/orders/all${query}`)
  setStatus = async (id: string, status: string) => await this.#send('PATCH', `/orders/${id}/status`, { status })
  cancel = async (id: string) => await this.#send('PATCH', `/orders/${id}/cancel`)
}

t.test('a customer shops, an admin ships, with tokens', async (t) => {
  const { url, sql } = await serve(t)
  const customer = new ShopFront(url)
  const user = await customer.register('grace@example.com', 'correct horse')
  t.match(user, {
    id: /^[0-9a-f-]{36}$/, email: 'grace@example.com', firstName: 'Grace', lastName: 'Hopper', role: 'customer'
  })
  t.strictSame((await customer.logIn('grace@example.com', 'correct horse')).id, user.id)
  await t.rejects(customer.logIn('grace@example.com', 'wrong'), { message: '401 Invalid email or password' })

  const { products, pagination } = await customer.listProducts('?limit=5&inStock=true&search=product&minPrice=2')
  t.match(pagination, { page: 1, limit: 5, total: Number, pages: Number })
  const [product] = products
  const order = await customer.createOrder({
    items: [{ product_id: product._id, quantity: 2 }],
    shipping_address: { street: '1 Main Street', city: 'Arlington', state: 'VA', zipCode: '22201', country: 'USA' },
    payment_method: 'credit_card',
    customer_notes: 'Leave at the door'
  })
  t.match(order, {
    status: 'pending',
    payment_status: 'pending',
    user_id: user.id,
    items: [{ product_id: product._id, quantity: 2, unit_price: product.price }]
  })
  t.equal(order.total.toFixed(2), (order.subtotal + order.tax + order.shipping_cost).toFixed(2))
  t.strictSame(await customer.getOrder(order.id), order)
  t.strictSame(await customer.getOrderByNumber(order.order_number), order)
  t.strictSame((await customer.listOrders()).orders, [order])
  await t.rejects(customer.listAllOrders(), { message: '403 Not allowed' })
  await t.rejects(customer.setStatus(order.id, 'delivered'), { message: '403 Not allowed' })

  const admin = new ShopFront(url)
  await sql`update users.users set role = 'admin' where email_address = 'user5@example.com'`
  t.equal((await admin.logIn('user5@example.com', 'password')).role, 'admin')
  t.match(await admin.listAllOrders('?status=pending'), { total: 1, orders: [{ id: order.id }] })
  t.match(await admin.setStatus(order.id, 'confirmed'), { status: 'confirmed', confirmed_at: /./ })

  t.match(await customer.cancel(order.id), { id: order.id, status: 'cancelled' })
  const second = await customer.createOrder({ items: [{ product_id: Number(product._id), quantity: 1 }] })
  await admin.setStatus(second.id, 'shipped')
  await t.rejects(customer.cancel(second.id), { message: '409 An order cannot go from shipped to cancelled' })
})
