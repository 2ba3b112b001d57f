import t from 'tap'
import { all } from '../../checks.ts'
import { openShop, refuses, userId, type Shop } from '../../helper.ts'

/** The contract's rule, written down once more: what may follow what. */
const MAY_FOLLOW: Record<string, string[]> = {
  pending: ['paid', 'confirmed', 'processing', 'shipped', 'delivered', 'cancelled', 'failed'],
  paid: ['confirmed', 'processing', 'shipped', 'delivered', 'cancelled', 'failed'],
  confirmed: ['processing', 'shipped', 'delivered', 'cancelled', 'failed'],
  processing: ['shipped', 'delivered', 'cancelled', 'failed'],
  shipped: ['delivered', 'failed', 'return_requested'],
  delivered: ['return_requested', 'refunded'],
  cancelled: ['refunded'],
  failed: ['refunded'],
  return_requested: ['returned', 'delivered'],
  returned: ['refunded'],
  refunded: []
}
const STATUSES = Object.keys(MAY_FOLLOW)

/** An order of user 1, written past the API: its path. */
async function insertOrder ({ sql }: Shop, status = 'pending'): Promise<string> {
  const [row] = await sql<{ id: string }[]>`
    insert into orders.orders (user_id, order_number, order_dow, order_hour_of_day, status)
    select 1, count(*) + 1, 0, 0, ${status} from orders.orders returning id`
  return `/orders/${row!.id}`
}

const history = (order: any) => order.status_history.map((entry: any) => [entry.status, entry.changed_by, entry.note])

t.test('PATCH of the status: every pair', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  for (const from of STATUSES) {
    for (const to of STATUSES) {
      const url = await insertOrder(shop, from)
      const before = await call('GET', url)
      const answer = await call('PATCH', url, { status: to, note: 'why' }, { 'x-actor': 'Ada' })
      const after = await call('GET', url)
      if (from === to) {
        t.equal(answer.status, 200, `${from} again`)
        t.strictSame([after.json, after.headers.etag], [before.json, before.headers.etag],
          'changes nothing, not even the history')
        t.equal(answer.headers.etag, before.headers.etag)
      } else if (MAY_FOLLOW[from]!.includes(to)) {
        t.match(answer, { status: 200, json: { success: true, data: [{ status: to }] } }, `${from} to ${to}`)
        t.strictSame(history(answer.json.data[0]).at(-1), [to, 'Ada', 'why'])
        t.equal(answer.json.data[0].status_history.length, 2)
        t.not(answer.headers.etag, before.headers.etag)
        t.ok(answer.json.data[0].updated_at > before.json.data[0].updated_at)
      } else {
        refuses(t, answer, 409, 'INVALID_STATUS_TRANSITION', `An order cannot go from ${from} to ${to}`)
        t.strictSame([after.json, after.headers.etag], [before.json, before.headers.etag], 'changes nothing')
      }
    }
  }
})

t.test('the history says who and why', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  const { json: { data: [made] } } = await call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] }, {
    'x-actor': 'checkout'
  })
  const url = `/orders/${made.order_id}`
  t.strictSame(history(made), [['pending', 'checkout', 'Order created']])

  await call('PATCH', url, { status: 'paid', changed_by: 'Grace', note: 'by card' }, { 'x-actor': 'Ada' })
  await call('PATCH', url, { status: 'confirmed' }, { 'x-actor': Buffer.from('Łukasz').toString('latin1') })
  const confirmed = await call('PATCH', url, { status: 'processing' })
  t.equal(confirmed.json.message, `Order ${made.order_id} updated successfully`)
  t.strictSame(history(confirmed.json.data[0]), [
    ['pending', 'checkout', 'Order created'], ['paid', 'Grace', 'by card'], ['confirmed', 'Łukasz', null],
    ['processing', null, null]
  ], 'the body’s name comes before X-Actor; nobody named is null')
  const entries = confirmed.json.data[0].status_history
  all<any>(t, entries, (entry) => entry.order_id === made.order_id, 'of this order')
  t.strictSame(entries.map((entry: any) => entry.changed_at), entries.map((entry: any) => entry.changed_at).toSorted(),
    'oldest first')
  t.equal(new Set(entries.map((entry: any) => entry.history_id)).size, 4)

  const remark = await call('PATCH', url, { note: 'customer called', changed_by: 'Grace' })
  t.match(remark, { status: 200, json: { data: [{ status: 'processing' }] } })
  t.strictSame(history(remark.json.data[0]).at(-1), ['processing', 'Grace', 'customer called'],
    'a note alone is a remark')
  t.not(remark.headers.etag, confirmed.headers.etag, 'which is a change of the order as it is shown')
  for (const body of [
    {}, { note: '' }, { note: null }, { changed_by: 'Ada' }, { status: 'processing', note: 'again' }, { colour: 'red' }
  ]) {
    const same = await call('PATCH', url, body)
    t.strictSame([same.status, same.json.data, same.headers.etag], [200, remark.json.data, remark.headers.etag],
      `${JSON.stringify(body)} changes nothing`)
  }
})

t.test('PATCH of tracking', async (t) => {
  const shop = await openShop(t)
  const { call } = shop
  const url = await insertOrder(shop)
  const tracking = { tracking_number: 'T-1', shipping_carrier: 'DHL', tracking_url: 'https://example.com/T-1' }
  const set = await call('PATCH', url, tracking)
  t.match(set, { status: 200, json: { data: [{ ...tracking, status: 'pending' }] } })
  t.equal(set.json.data[0].status_history.length, 1, 'is no change of the status')
  t.equal((await call('PATCH', url, tracking)).headers.etag, set.headers.etag, 'the same again changes nothing')
  const shipped = await call('PATCH', `${url}/`, {
    status: 'shipped', tracking_number: 'T-2', total_price: 5, order_id: 7
  })
  t.match(shipped.json.data[0], { ...tracking, status: 'shipped', tracking_number: 'T-2', total_price: 0 },
    'with the status; what is not sent stays')
  refuses(t, await call('PATCH', url, { status: 'paid', tracking_number: 'T-3' }), 409, 'INVALID_STATUS_TRANSITION')
  t.match((await call('GET', url)).json.data, [{ tracking_number: 'T-2' }], 'a refused change is refused as a whole')

  for (const [field, value] of Object.entries({
    status: 'sent', note: 5, changed_by: {}, tracking_number: 'x'.repeat(256), tracking_url: ['a']
  })) {
    const refused = await call('PATCH', url, { [field]: value })
    refuses(t, refused, 400, 'INVALID_INPUT')
    t.match(refused.json.errors, [{ field }])
  }
  for (const tag of [set.headers.etag!, `W/${shipped.headers.etag}`, '"1"']) {
    refuses(t, await call('PATCH', url, { status: 'delivered' }, { 'if-match': tag }), 412, 'PRECONDITION_FAILED')
  }
  t.equal((await call('PATCH', url, { status: 'delivered' }, { 'if-match': shipped.headers.etag! })).status, 200)
  t.equal((await call('PATCH', url, { status: 'return_requested' }, { 'if-match': '*' })).status, 200)
})

t.test('the history is written for every client of the database', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const [login] = await sql`select session_user as name`
  const url = await insertOrder(shop, 'paid')
  const id = url.split('/')[2]!
  t.strictSame(history((await call('GET', url)).json.data[0]), [['paid', login!.name, 'Order created']],
    'an insert, by its login')
  await sql`update orders.orders set status = 'shipped' where id = ${id}`
  await sql`update orders.orders set status = 'shipped' where id = ${id}`
  await sql`update orders.orders set city = 'Elsewhere' where id = ${id}`
  t.strictSame(history((await call('GET', url)).json.data[0]).slice(1), [['shipped', login!.name, null]],
    'an update of the status, and no other')
  await t.rejects(sql`update orders.orders set status = 'pending' where id = ${id}`,
    { message: 'INVALID_STATUS_TRANSITION' }, 'the rule is the database’s')
  await t.rejects(sql`update orders.orders set status = 'lost' where id = ${id}`, 'so is the list of statuses')

  await insertOrder(shop)
  await insertOrder(shop)
  await sql`update orders.orders set status = 'cancelled' where status = 'pending'`
  t.equal((await sql`select from orders.order_status_history where status = 'cancelled'`).length, 2,
    'one entry for each row of a statement')
  await sql`delete from orders.orders where id = ${id}`
  t.equal((await sql`select from orders.order_status_history where order_id = ${id}`).length, 0,
    'it goes with its order')
})

t.test('stock comes back once, and only from what was not shipped', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  /** Goes through the steps with an order of 10 (DELETE deletes it) and returns what is left of 1000. */
  async function leftAfter (...steps: string[]): Promise<number> {
    await sql`update products.inventory set stock = 1000 where product_id = 33`
    const { json } = await call('POST', '/orders', {
      user_id: userId(1), items: [{ product_id: 33, quantity: 10 }, { product_id: 1 }]
    })
    const url = `/orders/${json.data[0].order_id}`
    for (const step of steps) {
      const { status, text } = step === 'DELETE'
        ? await call('DELETE', url)
        : await call('PATCH', url, { status: step })
      if (status >= 300) t.fail(`${steps}: ${text}`)
    }
    return (await sql<{ stock: number }[]>`select stock from products.inventory where product_id = 33`)[0]!.stock
  }

  t.equal(await leftAfter(), 990)
  for (const step of ['paid', 'confirmed', 'processing', 'shipped', 'delivered']) {
    t.equal(await leftAfter(step), 990, step)
  }
  for (const before of ['pending', 'paid', 'confirmed', 'processing']) {
    for (const end of ['cancelled', 'failed', 'DELETE']) {
      t.equal(await leftAfter(before, end), 1000, `${before}, ${end}: back`)
    }
  }
  for (const steps of [
    ['cancelled', 'cancelled'], ['cancelled', 'refunded'], ['failed', 'refunded'], ['cancelled', 'DELETE'],
    ['failed', 'refunded', 'DELETE']
  ]) {
    t.equal(await leftAfter(...steps), 1000, `${steps}: once`)
  }
  for (const steps of [
    ['shipped', 'failed'], ['shipped', 'failed', 'DELETE'], ['shipped', 'DELETE'], ['delivered', 'DELETE'],
    ['delivered', 'refunded'],
    ['shipped', 'return_requested', 'returned', 'refunded'], ['delivered', 'return_requested', 'delivered', 'DELETE']
  ]) {
    t.equal(await leftAfter(...steps), 990, `${steps}: was sent`)
  }

  await sql`update products.inventory set stock = 0 where product_id = 33`
  await sql`delete from products.inventory where product_id = 33`
  const { json: { data: [free] } } = await call('POST', '/orders', {
    user_id: userId(1), items: [{ product_id: 33, quantity: 7 }]
  })
  await sql`insert into products.inventory (product_id, stock) values (33, 20)`
  await call('PATCH', `/orders/${free.order_id}`, { status: 'cancelled' })
  t.strictSame([...await sql`select stock from products.inventory where product_id = 33`.values()], [[20]],
    'what was not tracked then took nothing')
})
