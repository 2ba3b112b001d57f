import t from 'tap'
import { OlderClient } from './older-client.ts'
import { serve } from './serve.ts'

t.test('a backend written for the older service goes through its day with nothing but another base URL', async (t) => {
  const { url } = await serve(t, { API_KEYS: 'key' })
  const client = new OlderClient(`${url.replace('://', '://key@')}/legacy`)

  /** Sends what must succeed and returns data. */
  const done = async (method: string, path: string, body?: object): Promise<any[]> => {
    const { success, data, error } = await client.send(method, path, body)
    t.strictSame([success, error, Array.isArray(data)], [true, null, true], `${method} ${path}`)
    return data
  }
  /** Sends what must be refused, with this sentence. */
  const refused = async (sentence: string, method: string, path: string, body?: object): Promise<void> => {
    const { success, data, error } = await client.send(method, path, body)
    t.strictSame([success, data, error], [false, [], sentence], `${method} ${path}: ${sentence}`)
  }

  const ada = {
    first_name: 'Ada',
    last_name: 'Lovelace',
    email_address: 'ada@example.com',
    password: 'correct horse',
    street_address: '1 Main Street',
    city: 'London'
  }
  const [{ user_id: id, ...user }] = await done('POST', '/users/', { ...ada, eval_set: 'demo' })
  t.match(user,
    { first_name: 'Ada', email_address: 'ada@example.com', password: undefined, hashed_password: undefined })
  await refused('Email address already exists', 'POST', '/users/', ada)
  const login = { email_address: 'ada@example.com', password: 'correct horse' }
  t.match(await done('POST', '/users/login', login), [{ user_id: id, has_active_cart: false }])
  await refused('Invalid email or password', 'POST', '/users/login', { ...login, password: 'wrong horse' })
  t.match(await done('PUT', `/users/${id}`, { city: 'Paris', email_address: 'not@this.way' }), [
    { city: 'Paris', email_address: 'ada@example.com' }
  ])
  t.match(await done('PUT', `/users/${id}/`, { city: 'Paris' }), [{ user_id: id, city: 'Paris' }], 'Save pressed again')

  t.strictSame(await done('GET', `/carts/${id}`), [], 'no cart yet')
  const [cart] = await done('POST', '/carts/', {
    user_id: id, items: [{ product_id: 1, quantity: 2, total_items: 1 }], status: 'active'
  })
  t.match(cart, { user_id: id, total_items: 1, total_quantity: 2, items: [{ product_id: 1, quantity: 2 }] })
  await refused('Cart already exists for user', 'POST', '/carts', { user_id: id, items: [] })
  await refused('Products not found: 998, 999', 'PUT', `/carts/${id}`, {
    items: [{ product_id: 998, quantity: 1 }, { product_id: 999, quantity: 1 }]
  })
  t.match(await done('POST', `/carts/${id}/items`, { product_id: 2, quantity: 1 }), [{ total_items: 2 }])
  t.match(await done('PUT', `/carts/${id}/items/2`, { quantity: 5 }), [{ total_quantity: 7 }])
  t.match(await done('DELETE', `/carts/${id}/items/2`), [{ total_items: 1 }])
  t.match(await done('DELETE', `/carts/${id}/clear`), [{ cart_id: cart.cart_id, items: [] }])
  await refused('Cart is empty', 'POST', `/carts/${id}/checkout`)
  await done('DELETE', `/carts/${id}`)
  await refused('Cart not found', 'DELETE', `/carts/${id}`)

  const [order] = await done('POST', '/orders/', {
    user_id: id, items: [{ product_id: 1, quantity: 2 }, { product_id: 3 }], status: 'new', eval_set: 'train'
  })
  t.match(order, { user_id: id, order_number: 1, status: 'pending', city: 'Paris', total_items: 2, total_price: 7.97 })
  await done('PUT', `/carts/${id}`, { items: [{ product_id: 4, quantity: 1 }] })
  const [second] = await done('POST', `/carts/${id}/checkout`)
  const page = await client.send('GET', `/orders/user/${id}/?limit=5&offset=0`)
  t.match(page,
    { success: true, error: null, total: 2, data: [{ order_id: second.order_id }, { order_id: order.order_id }] },
    'newest first')
  t.match(await done('PATCH', `/orders/${order.order_id}`, { status: 'shipped', tracking_number: 'T-1' }), [
    { status: 'shipped', tracking_number: 'T-1' }
  ])
  t.match(await done('PATCH', `/orders/${order.order_id}`, { status: 'shipped' }), [{ status: 'shipped' }],
    'the same status again')
  const [{ status, status_history: history }] = await done('GET', `/orders/${order.order_id}/`)
  t.strictSame([status, history.map((entry: any) => entry.status)], ['shipped', ['pending', 'shipped']])
  t.match(await done('GET', `/users/${id}/order-status-notifications`), [
    { order_id: Number(order.order_id), status: 'shipped' }
  ])
  await refused('Invalid order ID format', 'GET', '/orders/not-a-number')
  await refused('Order not found', 'GET', '/orders/1')
  t.strictSame(await done('DELETE', `/orders/${second.order_id}`), [])

  const settings = { days_between_order_notifications: 14, order_notifications_via_email: true }
  t.match(await done('PUT', `/users/${id}/notification-settings`, settings), [{ user_id: id, ...settings }])
  t.match(await done('GET', `/users/${id}/notification-settings/`), [settings])

  await refused('Current password is incorrect', 'PUT', `/users/${id}/password`, {
    current_password: 'wrong', new_password: 'battery staple'
  })
  await done('PUT', `/users/${id}/password`, { current_password: 'correct horse', new_password: 'battery staple' })
  await refused('Email address already exists', 'POST', `/users/${id}/email`, {
    current_password: 'battery staple', new_email_address: 'user1@example.com'
  })
  t.match(
    await done('POST', `/users/${id}/email`, {
      current_password: 'battery staple', new_email_address: 'ada@example.org'
    }),
    [{ email_address: 'ada@example.org' }]
  )
  await done('POST', '/users/login', { email_address: 'ada@example.org', password: 'battery staple' })

  await refused('Password incorrect', 'DELETE', `/users/${id}`, { password: 'correct horse' })
  t.match(await done('DELETE', `/users/${id}`, { password: 'battery staple' }), [{ user_id: id, deleted: true }])
  await refused('User not found', 'GET', `/users/${id}`)
  t.strictSame(client.redirects, [], 'nothing was sent elsewhere')
})
