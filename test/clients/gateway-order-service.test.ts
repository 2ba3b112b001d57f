import t from 'tap'
import { request, serve } from './serve.ts'

/** An API gateway in front of the older order service: it has checked who calls, and says so in headers. */
class Gateway {
  readonly #api: string
  readonly #headers: Record<string, string>

  constructor (url: string, id: string, email: string, role: string) {
    this.#api = `${url}/api`
    this.#headers = { 'X-User-Id': id, 'X-User-Email': email, 'X-User-Role': role }
  }

  send = async (method: string, path: string, body?: unknown) => await request(this.#api + path, method, this.#headers,
    body)
}

t.test('users of another service shop behind a gateway that is trusted', async (t) => {
  const { url } = await serve(t, { TRUSTED_UPSTREAMS: '127.0.0.1' })
  const customer = new Gateway(url, '665f1c2ab7', 'linus@elsewhere.example', 'customer')
  const other = new Gateway(url, '665f1c2ab8', 'other@elsewhere.example', 'customer')
  const admin = new Gateway(url, '1', 'admin@elsewhere.example', 'admin')

  const made: string[] = []
  for (const quantity of [1, 2, 3]) {
    const order = await customer.send('POST', '/orders', {
      items: [{ product_id: 7, quantity }],
      shipping_address: { street: '1 Main Street', city: 'Helsinki', state: '', zipCode: '00100', country: 'Finland' },
      billing_address: { street: 'PO Box 1', city: 'Helsinki', state: '', zipCode: '00101', country: 'Finland' }
    })
    t.match(order, {
      order_number: /^ORD-\d{8}-\w{6}$/,
      user_id: '665f1c2ab7',
      user_email: 'linus@elsewhere.example',
      billing_address: { street: 'PO Box 1' }
    })
    made.unshift(order.id)
  }

  const { orders, ...paging } = await customer.send('GET', '/orders?page=2&per_page=2')
  t.strictSame(paging, { total: 3, page: 2, limit: 2, pages: 2, per_page: 2 })
  t.strictSame(orders.map(({ id }: { id: string }) => id), made.slice(2))
  t.equal((await other.send('GET', '/orders')).total, 0)
  await t.rejects(other.send('GET', `/orders/${made[0]}`), { message: '403 Not allowed' })

  t.match(await admin.send('PUT', `/orders/${made[0]}`, {
    status: 'shipped',
    payment_status: 'completed',
    tracking_number: '1Z999',
    carrier: 'UPS',
    internal_notes: 'two parcels'
  }), {
    status: 'shipped',
    payment_status: 'completed',
    tracking_number: '1Z999',
    carrier: 'UPS',
    internal_notes: 'two parcels',
    shipped_at: /./
  })
  await t.rejects(customer.send('DELETE', `/orders/${made[0]}/cancel`), {
    message: '409 An order cannot go from shipped to cancelled'
  })
  t.match(await customer.send('DELETE', `/orders/${made[1]}/cancel`), { status: 'cancelled' })
  t.match(await admin.send('GET', '/orders/all?per_page=1&status=cancelled'), {
    total: 1, orders: [{ id: made[1], user_id: '665f1c2ab7' }]
  })
  await t.rejects(customer.send('GET', `/orders/${made[2]}0000`), { message: '404 Order not found' })
})

t.test('from anywhere else the headers are nothing', async (t) => {
  const { url } = await serve(t, { TRUSTED_UPSTREAMS: '192.0.2.1' })
  const stranger = new Gateway(url, '1', 'admin@elsewhere.example', 'admin')
  await t.rejects(stranger.send('GET', '/orders/all'), { message: /^401 / })
})
