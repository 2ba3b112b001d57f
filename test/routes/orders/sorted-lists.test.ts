import t from 'tap'
import { openShop, refuses, userId, type Shop } from '../../helper.ts'

/** 60 orders of two users and four statuses, three at a time at the same moment, of few different totals. */
async function makeOrders ({ sql }: Shop): Promise<void> {
  await sql`
    insert into orders.orders (id, user_id, order_number, order_dow, order_hour_of_day, status, created_at, total_price)
    select 1000 + n, n % 2 + 1, n, 0, 0, (array['pending', 'paid', 'shipped', 'delivered'])[n % 4 + 1],
      timestamptz '2026-03-01 00:00:00.123457Z' + (n / 3) * interval '1 day', (n * 7 % 10) + 0.05
    from generate_series(0, 59) n`
}

const ORDERS: Record<string, string> = {
  '-created': 'o.created_at desc, o.id desc',
  created: 'o.created_at, o.id',
  total: 'o.total_price, o.id',
  '-total': 'o.total_price desc, o.id desc'
}

const FILTERS: { query?: Record<string, string>, is: string }[] = [
  { is: 'true' },
  { query: { status: 'paid' }, is: "o.status = 'paid'" },
  { query: { user_id: userId(2) }, is: 'o.user_id = 2' },
  { query: { status: 'shipped', user_id: userId(1) }, is: "o.status = 'shipped' and o.user_id = 1" }
]
/** A date alone in the end includes that day, in both. */
const FROM_TO = "o.created_at between '2026-03-04Z' and '2026-03-16T23:59:59.999999Z'"
const FACES = [
  { path: '/orders', list: 'data', from: 'from', to: 'to' },
  { path: '/api/v1/orders', list: 'orders', from: 'start_date', to: 'end_date' }
]

t.test('lists of orders are sorted, by user, status and time, by cursor as by offset', async (t) => {
  const shop = await openShop(t)
  await makeOrders(shop)
  for (const { path, list, from, to } of FACES) {
    const ask = async (parameters: Record<string, string>): Promise<any> =>
      (await shop.call('GET', `${path}?${new URLSearchParams(parameters)}`)).json
    const ids = (page: any) => page[list].map((order: { order_id: string }) => Number(order.order_id))
    for (const [sort, by] of Object.entries(ORDERS)) {
      for (const { query, is } of FILTERS) {
        for (const isRange of [false, true]) {
          const rows = await shop.sql.unsafe(
            `select o.id from orders.orders o where ${is} and ${isRange ? FROM_TO : 'true'} order by ${by}`)
          const expected = rows.map(({ id }) => Number(id))
          t.ok(expected.length > 0)
          const filter = { ...query, ...isRange && { [from]: '2026-03-04', [to]: '2026-03-16' }, sort }
          const [byCursor, byOffset]: number[][] = [[], []]
          let cursor: string | null = null
          do {
            const page: any = await ask({ ...filter, limit: '7', ...cursor && { cursor } })
            const skipped = await ask({ ...filter, limit: '7', offset: String(byOffset!.length) })
            byCursor!.push(...ids(page))
            byOffset!.push(...ids(skipped))
            if (page.total !== expected.length) t.fail('total is of all pages')
            if (page.next_cursor !== skipped.next_cursor) t.fail('both pages go on at the same place')
            cursor = page.next_cursor
          } while (cursor !== null && byCursor!.length <= expected.length)
          const what = `${path} ${new URLSearchParams(filter)}`
          t.strictSame(byCursor, expected, `${what}: by cursor`)
          t.strictSame(byOffset, expected, 'and by offset')
        }
      }
      t.match(await ask({ sort, offset: '1000' }), { total: 60, next_cursor: null, [list]: [] }, 'past the end')
    }
  }
})

t.test('what is no order is refused, and so is a cursor of another one', async (t) => {
  const shop = await openShop(t)
  await makeOrders(shop)
  for (const { path } of FACES) {
    const { json } = await shop.call('GET', `${path}?limit=1`)
    for (const sort of ['-created', 'created', 'total', '-total']) {
      const { next_cursor: cursor } = (await shop.call('GET', `${path}?limit=1&sort=${sort}`)).json
      for (const other of Object.keys(ORDERS).filter((one) => one !== sort)) {
        refuses(t, await shop.call('GET', `${path}?sort=${other}&cursor=${cursor}`), 400, 'INVALID_CURSOR')
      }
    }
    t.equal((await shop.call('GET', `${path}?sort=-created&cursor=${json.next_cursor}`)).status, 200,
      'newest first is what a list is anyway')
    refuses(t, await shop.call('GET', `${path}?sort=price`), 400, 'INVALID_INPUT')
    refuses(t, await shop.call('GET', `${path}?sort=total&sort=created`), 400, 'INVALID_INPUT')
    for (const sort of ['created', 'total', '-total']) {
      refuses(t, await shop.call('GET', `${path}?sort=${sort}&product_id=1`), 400, 'INVALID_INPUT')
    }
    t.equal((await shop.call('GET', `${path}?sort=-created&product_id=1`)).status, 200, 'a product’s, newest first')
  }
})
