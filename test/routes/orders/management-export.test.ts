import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { csvField } from '../../../routes/faces/exports.ts'
import { until } from '../../checks.ts'
import { NOBODY, openShop, refuses, type Shop } from '../../helper.ts'

const base = '/api/v1/orders/export'
const ORDERS = 460

/** More orders than a batch holds, up to five at one moment, with one product or two, the last with none. */
async function makeOrders ({ sql }: Shop, name = 'a product'): Promise<void> {
  await sql`
    insert into orders.orders (id, user_id, order_number, order_dow, order_hour_of_day, status, created_at,
    total_items, total_quantity, total_price, customer_name)
    select 1000 + n, n % 4 + 1, n, 0, 0, (array['pending', 'paid', 'delivered'])[n % 3 + 1],
      timestamptz '2026-01-20 00:00:00Z' + (n / 5) * interval '20 hours 1 minute 0.123457 seconds', 1, n % 7 + 1,
      (n % 97) * 1.37, case when n % 2 = 0 then '=1+1, "so"' end
    from generate_series(1, ${ORDERS}::int) n`
  await sql`
    insert into orders.order_items (order_id, product_id, quantity, add_to_cart_order, product_name, ordered_at, price)
    select o.id, product, total_quantity, case when product > 6 then 2 else 1 end, ${name}, created_at, 1.5
    from orders.orders o, unnest(array[o.id % 6 + 1, case when o.id % 3 = 0 then o.id % 9 + 11 end]) product
    where product is not null and o.id < 1000 + ${ORDERS}::int`
}

/** The ids that a list of the same filter has, by its cursor. */
async function listed ({ call }: Shop, filter: string): Promise<number[]> {
  const found: number[] = []
  let cursor = ''
  do {
    const page = (await call('GET', `/api/v1/orders?limit=100&${filter}${cursor && `&cursor=${cursor}`}`)).json
    found.push(...page.orders.map((order: { order_id: number }) => order.order_id))
    cursor = page.next_cursor
  } while (cursor)
  return found
}

const parse = (text: string) => text.split('\n').slice(0, -1).map((line) => JSON.parse(line))

t.test('an export is what the list has, every match once', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  await makeOrders(shop)
  for (const filter of [
    '', 'status=paid', 'user_id=2', 'product_id=4', 'product_id=12&status=pending',
    'start_date=2026-02-01&end_date=2026-03-10', `user_id=${NOBODY}`
  ]) {
    const expected = await listed(shop, filter)
    const csv = await call('GET', `${base}?${filter}`)
    const lines = csv.text.split('\r\n')
    t.equal(lines.pop(), '', 'each line has its end')
    t.equal(lines.shift(),
      'order_id,user_id,user_name,status,created_at,updated_at,total_items,total_quantity,total_amount_cents')
    t.same(lines.map((line) => Number(line.split(',')[0])), expected, `csv ${filter}`)
    t.same(parse((await call('GET', `${base}?format=ndjson&${filter}`)).text).map((order) => order.order_id), expected,
      `ndjson ${filter}`)
  }
})

t.test('what a row has', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  await makeOrders(shop)
  const one = 'user_id=3&start_date=2026-01-20T00:00:00Z&end_date=2026-01-20T00:00:00Z'
  const csv = await call('GET', `${base}?${one}`)
  t.match(csv.headers['content-type'], /^text\/csv; charset=utf-8/)
  t.match(csv.headers['content-disposition'], /^attachment; filename="orders-\d{4}-\d\d-\d\d\.csv"$/)
  t.match(csv.text.split('\r\n')[1],
    /^1002,3,"'=1\+1, ""so""",delivered,2026-01-20T00:00:00\+00:00,[^,]+,1,3,274$/)
  t.notOk(csv.text.startsWith('\ufeff'))
  t.ok((await call('GET', `${base}?${one}&bom=true`)).text.startsWith('\ufefforder_id,'))
  const ndjson = await call('GET', `${base}?${one}&format=ndjson`)
  t.match(ndjson.headers['content-type'], /^application\/x-ndjson/)
  t.match(ndjson.headers['content-disposition'], /^attachment; filename="orders-.*\.ndjson"$/)
  t.same(parse(ndjson.text), [(await call('GET', '/api/v1/orders/1002')).json], 'the document, its text unchanged')

  const rows = parse((await call('GET', `${base}?rows=lines&format=ndjson`)).text)
  t.same(rows[0], {
    order_id: 1460,
    user_id: 1,
    user_name: '=1+1, "so"',
    status: 'paid',
    created_at: rows[0].created_at,
    updated_at: rows[0].updated_at,
    item_id: null,
    product_id: null,
    product_name: null,
    quantity: null,
    price_cents_at_purchase: null
  }, 'an order without lines')
  t.match(rows.filter((row) => row.order_id === 1002), [
    { product_id: 1, quantity: 3, price_cents_at_purchase: 150 }, { product_id: 14 }
  ])
  t.equal(new Set(rows.map((row) => row.order_id)).size, ORDERS)
  const lines = (await call('GET', `${base}?rows=lines`)).text.split('\r\n')
  t.equal(lines.length, rows.length + 2, 'a header, and the end of the last line')
  t.match(lines[0], /price_cents_at_purchase$/)
})

t.test('what is wrong is said before anything is sent', async (t) => {
  const { call } = await openShop(t)
  for (const query of ['format=xml', 'rows=pages', 'status=lost', 'limit=3', 'cursor=x', 'sort=total', 'bom=maybe']) {
    refuses(t, await call('GET', `${base}?${query}`), 400, 'INVALID_INPUT')
  }
  refuses(t, await call('GET', `${base}?user_id=x`), 400, 'INVALID_USER_ID')
  t.match((await call('GET', `${base}?format=xml`)).json.errors, [{ message: 'must be one of csv, ndjson' }])
})

t.test('what a spreadsheet would run begins with an apostrophe', async (t) => {
  for (const text of ['=1+1', '+1', '-1', '@sum(1)', '\t=1', '\r=1', '\n=1', '＝1']) {
    t.match(csvField(text), /^"?'/, JSON.stringify(text))
  }
  t.same([-5, 1.5, true, null, 'plain', 'a "b"', 'a\nb', ' a', ''].map(csvField),
    ['-5', '1.5', 'true', '', 'plain', '"a ""b"""', '"a\nb"', '" a"', ''])
})

/** Asks over a real connection, and stops reading after the first bytes. */
async function begin (t: Test, { app }: Shop, headers = {}): Promise<IncomingMessage> {
  const { port } = app.server.address() as AddressInfo
  const request = get({ port, host: '127.0.0.1', path: `${base}?format=ndjson`, headers })
  t.teardown(() => request.destroy())
  const [response] = await once(request, 'response') as [IncomingMessage]
  await once(response, 'readable')
  return response
}

t.test('a caller who leaves, and a database that fails on the way', async (t) => {
  const shop = await openShop(t)
  const { app, sql } = shop
  // 10 MB: far more than waits in buffers.
  await makeOrders(shop, 'x'.repeat(20_000))
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' })
  t.equal(app.database.exports.active, 0)

  for (const coding of ['identity', 'gzip']) {
    const response = await begin(t, shop, { 'accept-encoding': coding })
    t.equal(response.headers['content-encoding'], coding === 'gzip' ? 'gzip' : undefined)
    t.equal(app.database.exports.active, 1)
    response.destroy()
    await until(() => app.database.exports.active === 0, `its place is free again (${coding})`)
  }

  const response = await begin(t, shop)
  await sql`alter table orders.orders rename to gone`
  const failed = once(response, 'error')
  response.resume()
  t.match(await failed, [{ code: 'ECONNRESET' }], 'it does not look like the end')
  t.notOk(response.complete)
  await until(() => app.database.exports.active === 0, 'its place is free again')
})
