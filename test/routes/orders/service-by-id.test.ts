import t from 'tap'
import { openShop, refuses, userId } from '../../helper.ts'

const one = [{ product_id: 1, quantity: 1 }]

t.test('an order’s id', async (t) => {
  const { call } = await openShop(t)
  const calls: [any, string, unknown?][] = [
    ['GET', ''], ['PATCH', '', { status: 'paid' }], ['DELETE', ''], ['POST', '/items', one], ['GET', '/invoice']
  ]
  for (const [method, path, body] of calls) {
    for (const id of ['abc', '12x', '-1', '1.5', '1e3', '%20', '9'.repeat(30)]) {
      refuses(t, await call(method, `/orders/${id}${path}`, body), 400, 'INVALID_ORDER_ID', 'Invalid order ID format')
    }
    for (const id of ['0', '999999', '9'.repeat(18)]) {
      refuses(t, await call(method, `/orders/${id}${path}`, body), 404, 'ORDER_NOT_FOUND', 'Order not found')
    }
  }
})

t.test('DELETE /orders/{order_id} removes the order for good', async (t) => {
  const { call, sql } = await openShop(t)
  const { headers: { etag }, json: { data: [made] } } = await call('POST', '/orders', {
    user_id: userId(1), items: [{ product_id: 31, quantity: 4 }]
  })
  const url = `/orders/${made.order_id}`
  refuses(t, await call('DELETE', url, undefined, { 'if-match': `"${made.order_id}-99"` }), 412, 'PRECONDITION_FAILED')
  refuses(t, await call('DELETE', url, undefined, { 'if-match': `W/${etag}` }), 412, 'PRECONDITION_FAILED')
  const deleted = await call('DELETE', `${url}/`, undefined, { 'if-match': etag! })
  t.match(deleted, { status: 204, text: '' })
  t.strictSame([...await sql`select stock from products.inventory where product_id = 31`.values()], [[5]],
    'the stock came back')
  refuses(t, await call('GET', url), 404, 'ORDER_NOT_FOUND', 'Order not found')
  refuses(t, await call('DELETE', url), 404, 'ORDER_NOT_FOUND', 'Order not found')
  for (const table of ['order_items', 'order_status_history']) {
    t.equal((await sql`select from orders.${sql(table)}`).length, 0, `nothing is left in ${table}`)
  }
  t.match((await call('POST', '/orders', { user_id: userId(1), items: one })).json.data, [{ order_number: 2 }],
    'its number does not come back')
})
