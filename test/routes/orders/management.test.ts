import t from 'tap'
import { NOBODY, openShop, refuses, userId, type Shop } from '../../helper.ts'

const base = '/api/v1/orders'
const history = async ({ sql }: Shop, order: number) => [...await sql`
  select status, changed_by, note from orders.order_status_history where order_id = ${order}
  order by changed_at, history_id`.values()]
const stockOf = async ({ sql }: Shop, product: number) =>
  (await sql<{ stock: number }[]>`select stock from products.inventory where product_id = ${product}`)[0]?.stock

t.test('POST /api/v1/orders', async (t) => {
  const shop = await openShop(t, { SELL_UNPRICED: 'true' })
  const { call } = shop

  await t.test('makes an order of what is asked for, at today’s prices, in cents', async (t) => {
    const made = await call('POST', base,
      { user_id: 1, items: [{ product_id: 7, quantity: 3 }, { product_id: 40, quantity: 1 }] }, { 'x-actor': 'Ada' })
    t.equal(made.status, 201)
    const { order_id: id, created_at: createdAt, updated_at: updatedAt, items } = made.json
    t.strictSame(made.json, {
      order_id: id,
      user_id: 1,
      user_name: 'User No1',
      status: 'pending',
      created_at: createdAt,
      updated_at: updatedAt,
      items: [
        { id: items[0].id, product_id: 7, product_name: 'Product 7', quantity: 3, price_cents_at_purchase: 799 },
        { id: items[1].id, product_id: 40, product_name: 'Product 40', quantity: 1, price_cents_at_purchase: null }
      ],
      total_amount_cents: 2397,
      total_quantity: 4
    })
    t.ok(Number.isInteger(id) && id >= 3422000 && Number.isInteger(items[0].id))
    t.equal(made.headers.location, `${base}/${id}`)
    const read = await call('GET', `${base}/${id}`)
    t.strictSame([read.json, read.headers.etag], [made.json, made.headers.etag])
    t.strictSame(await history(shop, id), [['pending', 'Ada', 'Order created']])
  })

  await t.test('for a user by UUID as well', async (t) => {
    const made = await call('POST', base, { user_id: userId(2), items: [{ product_id: 1, quantity: 1 }] })
    t.match(made, { status: 201, json: { user_id: 2, user_name: 'User No2' } })
    t.match(await call('POST', base, { user_id: userId(2).toUpperCase(), items: [{ product_id: 1, quantity: 1 }] }), {
      status: 201, json: { user_id: 2 }
    })
  })

  await t.test('in another status, which the history shows after pending', async (t) => {
    for (const status of ['paid', 'shipped', 'cancelled']) {
      const before = await stockOf(shop, 33)
      const { status: code, json, headers } = await call('POST', base,
        { user_id: 1, status, items: [{ product_id: 33, quantity: 2 }] }, { 'x-actor': 'Ada' })
      t.match({ code, status: json.status }, { code: 201, status })
      t.equal((await call('GET', `${base}/${json.order_id}`)).headers.etag, headers.etag)
      t.strictSame(await history(shop, json.order_id), [['pending', 'Ada', 'Order created'], [status, 'Ada', null]])
      t.equal(await stockOf(shop, 33), status === 'cancelled' ? before : before! - 2, `${status}: stock`)
    }
    t.equal(
      (await call(
        'POST', base, { user_id: 1, status: 'cancelled', items: [{ product_id: 32, quantity: 900 }] }
      )).status,
      201, 'cancelled needs no stock'
    )
  })

  await t.test('refuses by rule, and changes nothing', async (t) => {
    const before = (await call('GET', base)).json.total
    const items = [{ product_id: 1, quantity: 1 }]
    refuses(t, await call('POST', base, { user_id: 99, items }), 404, 'USER_NOT_FOUND')
    refuses(t, await call('POST', base, { user_id: NOBODY, items }), 404, 'USER_NOT_FOUND')
    const unknown = [{ product_id: 900, quantity: 1 }, { product_id: 1, quantity: 1 }, { product_id: 901, quantity: 1 }]
    refuses(t, await call('POST', base, { user_id: 1, items: unknown }), 404, 'PRODUCTS_NOT_FOUND',
      'Products not found: 900, 901')
    refuses(t, await call('POST', '/orders', { user_id: userId(1), items: unknown }), 400, 'PRODUCTS_NOT_FOUND')
    refuses(t, await call('POST', base, { user_id: 1, items: [{ product_id: 31, quantity: 6 }] }), 409,
      'INSUFFICIENT_STOCK', 'Not enough stock: product 31 (Product 31), wanted 6, available 5')
    for (const id of [-1, 1.5, '1', 'x', null, {}, 1e16]) {
      refuses(t, await call('POST', base, { user_id: id, items }), 400, 'INVALID_USER_ID')
    }
    for (const body of [
      { user_id: 1 }, { items }, { user_id: 1, items: [] }, { user_id: 1, items: [{ product_id: 1 }] },
      { user_id: 1, items: [{ product_id: '1', quantity: 1 }] },
      { user_id: 1, items: [{ product_id: 1, quantity: 0 }] }, { user_id: 1, items, status: 'delivered' }
    ]) refuses(t, await call('POST', base, body), 400, 'INVALID_INPUT')
    t.equal((await call('GET', base)).json.total, before)
  })

  await t.test('at most once per Idempotency-Key', async (t) => {
    const key = { 'idempotency-key': 'm-1' }
    const body = { user_id: 1, status: 'paid', items: [{ product_id: 33, quantity: 2 }] }
    const answers = await Promise.all(Array.from({ length: 8 }, async () => await call('POST', base, body, key)))
    t.equal(new Set(answers.map(({ status, text, headers }) => `${status} ${text} ${headers.location}`)).size, 1,
      'eight at once get one answer')
    t.equal(answers.filter(({ headers }) => headers['idempotency-replayed'] === 'true').length, 7)
    refuses(t, await call('POST', base, { ...body, status: 'shipped' }, key), 422, 'IDEMPOTENCY_KEY_REUSED')
    t.equal((await call('POST', '/orders', { user_id: userId(1), items: body.items }, key)).status, 201,
      'the service API’s keys are others')
    for (const replayed of [undefined, 'true']) {
      const refused = await call('POST', base, { user_id: 1, items: [{ product_id: 900, quantity: 1 }] }, {
        'idempotency-key': 'm-2'
      })
      refuses(t, refused, 404, 'PRODUCTS_NOT_FOUND')
      t.equal(refused.headers['idempotency-replayed'], replayed)
    }
  })
})

t.test('GET and PATCH /api/v1/orders/{order_id}', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const { json: made } = await call('POST', base, { user_id: 1, items: [{ product_id: 33, quantity: 2 }] })
  const url = `${base}/${made.order_id}`
  const first = await call('GET', url)

  await t.test('a status moves as orders do, and says who moved it', async (t) => {
    const { status, json, headers } = await call('PATCH', url, { status: 'paid' }, {
      'x-actor': 'Ada', 'if-match': first.headers.etag!
    })
    t.equal(status, 200)
    t.strictSame(json, {
      order_id: made.order_id, user_id: 1, status: 'paid', created_at: made.created_at, updated_at: json.updated_at
    })
    t.ok(json.updated_at > made.updated_at)
    t.equal(headers.etag, (await call('GET', url)).headers.etag)
    t.not(headers.etag, first.headers.etag)
    t.strictSame((await history(shop, made.order_id)).at(-1), ['paid', 'Ada', null])
    t.strictSame((await call('PATCH', url, { status: 'paid' })).json, json, 'the same again changes nothing')
    refuses(t, await call('PATCH', url, { status: 'cancelled' }, { 'if-match': first.headers.etag! }), 412,
      'PRECONDITION_FAILED')
    refuses(t, await call('PATCH', url, { status: 'pending' }), 409, 'INVALID_STATUS_TRANSITION',
      'An order cannot go from paid to pending')
    t.equal((await call('PATCH', url, { status: 'cancelled' })).status, 200)
    t.equal(await stockOf(shop, 33), 1000, 'cancelling gives the stock back')
  })

  await t.test('what is malformed is a 400, what is not there a 404', async (t) => {
    for (const id of ['x', '-1', '1.5', 'ORD-1', '9007199254740992', userId(1)]) {
      refuses(t, await call('GET', `${base}/${id}`), 400, 'INVALID_ORDER_ID')
      refuses(t, await call('PATCH', `${base}/${id}`, { status: 'paid' }), 400, 'INVALID_ORDER_ID')
    }
    refuses(t, await call('GET', `${base}/1`), 404, 'ORDER_NOT_FOUND')
    refuses(t, await call('PATCH', `${base}/1`, { status: 'paid' }), 404, 'ORDER_NOT_FOUND')
    for (const body of [{}, { status: 'sent' }, { status: null }, [], undefined]) {
      refuses(t, await call('PATCH', url, body), 400, 'INVALID_INPUT')
    }
  })

  await t.test('an erased user’s order is nobody’s', async (t) => {
    await sql`delete from users.users where id = 1`
    t.match((await call('GET', url)).json, { user_id: null, user_name: null, total_quantity: 2 })
    t.match((await call('GET', base)).json, { total: 1, orders: [{ user_id: null }] })
  })
})

t.test('an order that was loaded without a name of its own shows its user’s', async (t) => {
  const { call, sql } = await openShop(t)
  await sql`insert into orders.orders (id, user_id, order_dow, order_hour_of_day) values (5, 3, 0, 0)`
  t.match((await call('GET', `${base}/5`)).json,
    { user_id: 3, user_name: 'User No3', items: [], total_amount_cents: 0 })
})
