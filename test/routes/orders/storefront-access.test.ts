import t from 'tap'
import { NOBODY, openShop, refuses, userId, type Shop } from '../../helper.ts'
import { BOSS, ORDER, tokenOf, upstream } from '../../people.ts'

const place = async ({ call }: Shop, headers: Record<string, string>) => (await call('POST', '/api/orders', ORDER,
  headers)).json

t.test('an order is its owner’s and the admins’', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const order = await place(shop, tokenOf(shop, 1))
  const foreign = await place(shop, upstream('zoe'))
  const cancel = ['DELETE', 'PATCH'] as const

  for (const stranger of [
    tokenOf(shop, 2), upstream('zoe'), upstream('never-seen'), upstream(NOBODY),
    upstream(userId(2), 'user1@example.com')
  ]) {
    refuses(t, await call('GET', `/api/orders/${order.id}`, undefined, stranger), 403, 'FORBIDDEN')
    refuses(t, await call('GET', `/api/orders/number/${order.order_number}`, undefined, stranger), 403, 'FORBIDDEN')
    for (const method of cancel) {
      refuses(t, await call(method, `/api/orders/${order.id}/cancel`, undefined, stranger), 403, 'FORBIDDEN')
    }
  }
  for (const headers of [tokenOf(shop, 1), upstream('zoe'), upstream('never-seen')]) {
    for (const id of [order.id, foreign.id, '999999999']) {
      refuses(t, await call('PUT', `/api/orders/${id}`, { payment_status: 'completed' }, headers), 403, 'FORBIDDEN')
      refuses(t, await call('PATCH', `/api/orders/${id}/status`, { status: 'paid' }, headers), 403, 'FORBIDDEN')
    }
    refuses(t, await call('GET', '/api/orders/all', undefined, headers), 403, 'FORBIDDEN')
  }
  t.strictSame([...await sql`select distinct status, payment_status, version::int from orders.orders`], [
    { status: 'pending', payment_status: 'pending', version: 1 }
  ])

  t.equal((await call('GET', `/api/orders/${order.id}`, undefined, BOSS)).json.user_id, userId(1),
    'an admin sees the owner’s id')
  t.equal((await call('GET', `/api/orders/number/${foreign.order_number}`, undefined, BOSS)).json.user_id, 'zoe',
    'as the owner’s own service knows it')
  for (const headers of [tokenOf(shop, 1), BOSS]) {
    refuses(t, await call('GET', '/api/orders/999999999', undefined, headers), 404, 'ORDER_NOT_FOUND')
    refuses(t, await call('GET', '/api/orders/number/ORD-20260101-AAAAAA', undefined, headers), 404, 'ORDER_NOT_FOUND')
    refuses(t, await call('DELETE', '/api/orders/999999999/cancel', undefined, headers), 404, 'ORDER_NOT_FOUND')
    for (const id of ['x', '1.5', '-1', '1'.repeat(19), order.order_number]) {
      refuses(t, await call('GET', `/api/orders/${id}`, undefined, headers), 400, 'INVALID_ORDER_ID')
    }
  }

  await call('DELETE', `/users/${userId(1)}`, { password: 'password' })
  refuses(t, await call('GET', `/api/orders/${order.id}`, undefined, upstream('never-seen')), 403, 'FORBIDDEN')
  t.match((await call('GET', `/api/orders/${order.id}`, undefined, BOSS)).json,
    { user_id: null, user_email: null, customer_name: null, customer_email: null, shipping_address: null },
    'an erased person’s order is nobody’s')
})

t.test('without identity nothing but the catalogue', async (t) => {
  const shop = await openShop(t, { TRUSTED_UPSTREAMS: '10.0.0.1' })
  const { id, order_number: number } = await place(shop, tokenOf(shop, 1))
  for (const [method, url, body] of [
    ['POST', '/api/orders', ORDER], ['GET', '/api/orders'], ['GET', '/api/orders/all'], ['GET', `/api/orders/${id}`],
    ['GET', `/api/orders/number/${number}`], ['DELETE', `/api/orders/${id}/cancel`],
    ['PATCH', `/api/orders/${id}/cancel`],
    ['PUT', `/api/orders/${id}`, {}], ['PATCH', `/api/orders/${id}/status`, { status: 'paid' }],
    ['GET', '/api/carts/me'], ['POST', '/api/carts/me/items', { product_id: 1, quantity: 1 }],
    ['POST', '/api/carts/me/checkout'],
    ['GET', `/api/users/${userId(1)}`], ['PUT', '/api/users/me', { city: 'X' }]
  ] as const) refuses(t, await shop.call(method, url, body, BOSS), 401, 'NOT_IDENTIFIED')
})

t.test('cancelling', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const me = tokenOf(shop, 1)
  for (const method of ['DELETE', 'PATCH'] as const) {
    const { json: order } = await call('POST', '/api/orders', { items: [{ product_id: 33, quantity: 5 }] }, me)
    const cancelled = await call(method, `/api/orders/${order.id}/cancel`, undefined, { ...me, 'x-actor': 'The Boss' })
    t.match(cancelled, { status: 200, json: { id: order.id, status: 'cancelled' } })
    t.equal((await call(method, `/api/orders/${order.id}/cancel`, undefined, me)).status, 200, 'twice is as once')
    t.match((await call('GET', `/orders/${order.id}`)).json.data[0].status_history,
      [{ status: 'pending' }, { status: 'cancelled', changed_by: `user:${userId(1)}` }],
      'a customer acts in no other name')
    for (const status of ['shipped', 'delivered']) {
      const { id } = await place(shop, me)
      await call('PATCH', `/api/orders/${id}/status`, { status }, BOSS)
      refuses(t, await call(method, `/api/orders/${id}/cancel`, undefined, me), 409, 'INVALID_STATUS_TRANSITION',
        `An order cannot go from ${status} to cancelled`)
    }
  }
  t.strictSame([...await sql`select stock from products.inventory where product_id = 33`], [{ stock: 1000 }],
    'the stock is back')

  const order = await place(shop, me)
  refuses(t,
    await call('DELETE', `/api/orders/${order.id}/cancel`, undefined, { ...me, 'if-match': `"${order.id}-7"` }), 412,
    'PRECONDITION_FAILED')
  t.equal(
    (await call(
      'DELETE', `/api/orders/${order.id}/cancel`, undefined, { ...me, 'if-match': `"${order.id}-1"` }
    )).status,
    200
  )
})

t.test('what admins change', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  await sql`update users.users set role = 'admin' where id = 5`
  const { id } = await place(shop, tokenOf(shop, 1))
  for (const admin of [BOSS, tokenOf(shop, 5)]) {
    const put = async (body: object, headers = {}) => await call('PUT', `/api/orders/${id}`, body, {
      ...admin, ...headers
    })
    const changed = await put({
      payment_status: 'completed',
      carrier: 'UPS',
      tracking_number: 'T-1',
      internal_notes: 'fragile',
      total: 1,
      user_id: userId(2),
      id: '1'
    })
    t.match(changed, {
      status: 200,
      json: {
        id,
        user_id: userId(1),
        status: 'pending',
        payment_status: 'completed',
        carrier: 'UPS',
        tracking_number: 'T-1',
        internal_notes: 'fragile',
        total: 18.63
      }
    })
    t.equal((await put({})).text, changed.text, 'nothing sent, nothing changed')
    t.match((await put({ internal_notes: null, carrier: null })).json, {
      internal_notes: null, carrier: null, tracking_number: 'T-1', payment_status: 'completed'
    })
    await put({ internal_notes: 'fragile' })
    t.notMatch((await call('GET', `/api/orders/${id}`, undefined, tokenOf(shop, 1))).text, /internal_notes|fragile/,
      'not for the customer')
    t.notMatch((await call('GET', '/api/orders', undefined, tokenOf(shop, 1))).text, /internal_notes|fragile/)
    t.match((await call('GET', '/api/orders/all', undefined, admin)).json.orders, [{ internal_notes: 'fragile' }])
    t.equal((await put({ status: null })).status, 200, 'null is as if not sent')
    for (const fault of [
      { status: 'lost' }, { payment_status: 'paid' }, { internal_notes: 5 }, { tracking_number: 'x'.repeat(256) }
    ]) {
      refuses(t, await put(fault), 400, 'INVALID_INPUT')
    }
    refuses(t, await put({ carrier: 'x' }, { 'if-match': '"1-1"' }), 412, 'PRECONDITION_FAILED')
    await put({ payment_status: 'pending' })
  }
  const patch = async (body: object) => await call('PATCH', `/api/orders/${id}/status`, body, BOSS)
  t.match(await patch({ status: 'confirmed', payment_status: 'refunded' }), {
    status: 200, json: { status: 'confirmed', payment_status: 'pending', confirmed_at: /^2/ }
  })
  t.equal((await patch({ status: 'confirmed' })).status, 200, 'the same again')
  refuses(t, await patch({ status: 'pending' }), 409, 'INVALID_STATUS_TRANSITION',
    'An order cannot go from confirmed to pending')
  refuses(t, await patch({}), 400, 'INVALID_INPUT')
  refuses(t, await call('PATCH', '/api/orders/999999999/status', { status: 'paid' }, BOSS), 404, 'ORDER_NOT_FOUND')
  await patch({ status: 'cancelled' })
  t.match((await patch({ status: 'refunded' })).json, { status: 'refunded', payment_status: 'pending' },
    'what was paid is told apart from where the order stands')
})

t.test('lists in both dialects', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  const mine: string[] = []
  for (let n = 0; n < 5; n++) mine.unshift((await place(shop, tokenOf(shop, 1))).id)
  const other = (await place(shop, upstream('zoe'))).id
  await call('PATCH', `/api/orders/${mine[0]}/status`, { status: 'paid' }, BOSS)
  const list = async (query = '', headers = tokenOf(shop, 1)) => {
    const { status, json } = await call('GET', `/api/orders${query}`, undefined, headers)
    return status === 200 ? { ...json, orders: json.orders.map(({ id }: { id: string }) => id) } : { status }
  }
  t.strictSame(await list(), { orders: mine, total: 5, page: 1, limit: 20, pages: 1, per_page: 20 },
    'one’s own, newest first')
  t.strictSame(await list('?page=2&limit=2'), {
    orders: mine.slice(2, 4), total: 5, page: 2, limit: 2, pages: 3, per_page: 2
  })
  t.strictSame(await list('?page=3&per_page=2'), {
    orders: mine.slice(4), total: 5, page: 3, limit: 2, pages: 3, per_page: 2
  })
  t.strictSame(await list('?limit=3&per_page=2'),
    { orders: mine.slice(0, 3), total: 5, page: 1, limit: 3, pages: 2, per_page: 3 }, 'limit wins')
  t.strictSame(await list('?page=9'), { orders: [], total: 5, page: 9, limit: 20, pages: 1, per_page: 20 })
  t.strictSame(await list('', upstream('new')), { orders: [], total: 0, page: 1, limit: 20, pages: 0, per_page: 20 },
    'who never ordered has none')
  for (const query of [
    '?page=0', '?page=-1', '?limit=0', '?limit=101', '?per_page=0', '?per_page=x', '?page=1e3', '?page=99999999999'
  ]) {
    t.strictSame(await list(query), { status: 400 }, query)
  }
  t.strictSame(await list('/all?per_page=4', BOSS), {
    orders: [other, ...mine.slice(0, 3)], total: 6, page: 1, limit: 4, pages: 2, per_page: 4
  })
  t.strictSame(await list('/all?status=paid', BOSS), {
    orders: [mine[0]], total: 1, page: 1, limit: 20, pages: 1, per_page: 20
  })
  t.strictSame(await list('/all?status=refunded', BOSS), {
    orders: [], total: 0, page: 1, limit: 20, pages: 0, per_page: 20
  })
  t.strictSame(await list('/all?status=lost', BOSS), { status: 400 })
})

t.test('order numbers cannot be guessed', async (t) => {
  const shop = await openShop(t)
  const numbers = await Promise.all(Array.from({ length: 30 },
    async () => (await place(shop, tokenOf(shop, 1))).order_number as string))
  const tails = numbers.map((number) => number.slice(-6))
  t.equal(new Set(tails).size, 30, 'no two alike')
  for (const place of [0, 1, 2, 3, 4, 5]) {
    t.ok(new Set(tails.map((tail) => tail[place])).size > 5, `place ${place} takes many values: nothing counts up`)
  }
  t.notOk(tails.toSorted().join() === tails.join(), 'and not in order')
})
