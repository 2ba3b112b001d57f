import t from 'tap'
import { NOBODY, openShop, refuses, userId } from '../../helper.ts'
import { BOSS, tokenOf, upstream } from '../../people.ts'

t.test('a cart, from the first item to the order', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  for (const [name, headers, id] of [
    ['a user of ours', tokenOf(shop, 1), userId(1)],
    ['another service’s', upstream('zoe|"1"', 'zoe@elsewhere.example'), 'zoe|"1"']
  ] as const) {
    const ask = async (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown, more = {}) =>
      await call(method, `/api/carts${path}`, body, { ...headers, ...more })
    const own = `/${encodeURIComponent(id)}`
    t.match(await ask('GET', own), { status: 200, json: { cart_id: null, user_id: id, items: [] } },
      `${name}: an empty cart`)
    t.match(await ask('POST', '/me/items', { product_id: 1, quantity: 2 }), {
      status: 200, json: { user_id: id, total_quantity: 2, total_price: 3.98 }
    })
    t.match(await ask('PUT', `${own}/items/1`, { quantity: 3 }), {
      status: 200, json: { user_id: id, total_quantity: 3 }
    })
    t.match(await ask('DELETE', '/me/items/1'), { status: 200, json: { user_id: id, items: [] } })
    refuses(t, await ask('DELETE', '/me/items/1'), 404, 'CART_ITEM_NOT_FOUND')
    t.match(await ask('PUT', '/me', { items: [{ product_id: 2, quantity: 1 }] }), {
      status: 200, json: { user_id: id, total_items: 1 }
    })
    t.match(await ask('DELETE', '/me/clear'), { status: 200, json: { user_id: id, total_items: 0 } })
    t.match(await ask('DELETE', '/me'), { status: 200, json: { message: `Cart deleted successfully for user ${id}` } })
    const made = await ask('POST', '', { user_id: 'me', items: [{ product_id: 3, quantity: 1 }] })
    t.match(made, { status: 201, json: { user_id: id }, headers: { location: `/api/carts${own}` } })
    refuses(t, await ask('POST', '', { user_id: id, items: [] }), 409, 'CART_ALREADY_EXISTS')
    refuses(t, await ask('PUT', '/me', { items: [] }, { 'if-match': '"0-1"' }), 412, 'PRECONDITION_FAILED')

    const key = { 'idempotency-key': 'k-1' }
    const placed = await ask('POST', '/me/checkout', { city: 'Bonn' }, key)
    const [order] = placed.json.data
    t.match(placed, {
      status: 201,
      json: { success: true, message: 'Order created successfully' },
      headers: { location: `/api/orders/${order.order_id}` }
    })
    t.match(order, { user_id: id, city: 'Bonn', total_price: 3.99 })
    t.equal((await ask('POST', own + '/checkout', { city: 'Bonn' }, key)).text, placed.text,
      'a repeat, by the other name')
    t.match((await call('GET', placed.headers.location!, undefined, headers)).json,
      { user_id: id, total: 14.31, shipping_address: { city: 'Bonn' } }, 'the order as the storefront shows it')
    refuses(t, await ask('POST', '/me/checkout'), 400, 'CART_EMPTY')
  }
})

t.test('an account', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  for (const [headers, id] of [[tokenOf(shop, 1), userId(1)], [upstream('zoe'), 'zoe']] as const) {
    t.match(await call('GET', '/api/users/me', undefined, headers), { status: 200, json: { user_id: id } })
    const changed = await call('PUT', `/api/users/${id}`,
      { city: 'Bonn', role: 'admin', user_id: userId(2), email_address: 'x@y.example' }, headers)
    t.match(changed, { status: 200, json: { user_id: id, city: 'Bonn' } })
    t.match(
      (await call('PUT', '/api/users/me/notification-settings', { days_between_order_notifications: 3 }, headers)).json,
      { user_id: id, days_between_order_notifications: 3 }
    )
    t.match((await call('GET', '/api/users/me/notification-settings', undefined, headers)).json, { user_id: id })
    t.equal((await call('GET', '/api/users/me/order-status-notifications', undefined, headers)).status, 200)
    t.match((await call('GET', '/api/users/me/export', undefined, headers)).json, { user: { user_id: id } })
    refuses(t, await call('GET', '/api/orders/all', undefined, headers), 403, 'FORBIDDEN')
  }
  const me = tokenOf(shop, 1)
  t.match(
    await call('PUT', '/api/users/me/password', { current_password: 'password', new_password: 'another one' }, me),
    { status: 200, json: { user_id: userId(1) } }
  )
  t.match(
    await call('PUT', '/api/users/me/email', { current_password: 'another one', new_email_address: 'new@example.com' },
      tokenOf(shop, 1)),
    { json: { email_address: 'new@example.com' } }
  )
  refuses(t,
    await call('PUT', '/api/users/me/password', { current_password: '', new_password: 'another one' }, upstream('zoe')),
    400, 'CURRENT_PASSWORD_INCORRECT')
})

t.test('another’s is a 403, for admins a way in', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  await call('POST', '/api/carts/me/items', { product_id: 1, quantity: 1 }, upstream('zoe'))
  const everyRoute = (id: string) => [
    ['GET', `/api/carts/${id}`], ['PUT', `/api/carts/${id}`, { items: [] }],
    ['POST', `/api/carts/${id}/items`, { product_id: 1, quantity: 1 }],
    ['PUT', `/api/carts/${id}/items/1`, { quantity: 1 }], ['DELETE', `/api/carts/${id}/items/1`],
    ['DELETE', `/api/carts/${id}/clear`],
    ['POST', `/api/carts/${id}/checkout`], ['DELETE', `/api/carts/${id}`], ['GET', `/api/users/${id}`],
    ['PUT', `/api/users/${id}`, { city: 'X' }],
    ['PUT', `/api/users/${id}/password`, { current_password: 'password', new_password: 'another one' }],
    ['PUT', `/api/users/${id}/email`, { current_password: 'password', new_email_address: 'x@example.com' }],
    ['GET', `/api/users/${id}/notification-settings`], ['PUT', `/api/users/${id}/notification-settings`, {}],
    ['GET', `/api/users/${id}/order-status-notifications`], ['GET', `/api/users/${id}/export`]
  ] as const
  for (const id of [userId(2), 'zoe', NOBODY, '2', 'ME', '..%2f..', '%20me']) {
    for (const [method, url, body] of everyRoute(id)) {
      refuses(t, await call(method, url, body, tokenOf(shop, 1)), 403, 'FORBIDDEN')
    }
    refuses(t, await call('POST', '/api/carts', { user_id: decodeURIComponent(id), items: [] }, tokenOf(shop, 1)), 403,
      'FORBIDDEN')
  }
  t.match(await call('PUT', '/api/carts/me', { user_id: userId(2), items: [] }, tokenOf(shop, 1)),
    { json: { user_id: userId(1) } }, 'the path says whose')
  t.equal((await call('GET', `/carts/${userId(2)}`)).json.cart_id, null)
  refuses(t, await call('POST', '/api/carts', { items: [] }, tokenOf(shop, 1)), 400, 'INVALID_INPUT')

  t.match(await call('GET', '/api/carts/zoe', undefined, BOSS), {
    status: 200, json: { user_id: 'zoe', total_quantity: 1 }
  })
  t.match(await call('GET', `/api/users/${userId(2)}`, undefined, BOSS), { status: 200, json: { user_id: userId(2) } })
  refuses(t, await call('GET', `/api/users/${NOBODY}`, undefined, BOSS), 404, 'USER_NOT_FOUND')
  refuses(t, await call('GET', '/api/carts/2', undefined, BOSS), 404, 'USER_NOT_FOUND')
})

t.test('what belongs to the service API alone is not here', async (t) => {
  const shop = await openShop(t)
  for (const [method, url] of [
    ['GET', '/api/users'], ['POST', '/api/users'], ['GET', '/api/orders/user/me'], ['GET', '/api/departments']
  ] as const) refuses(t, await shop.call(method, url, undefined, BOSS), 404, 'NOT_FOUND')
  for (const [method, url] of [
    ['POST', '/api/users/login'], ['DELETE', '/api/users/me'], ['DELETE', '/api/orders/1']
  ] as const) {
    refuses(t, await shop.call(method, url, undefined, BOSS), 405, 'METHOD_NOT_ALLOWED')
  }
})
