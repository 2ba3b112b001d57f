import t from 'tap'
import { openOwnShop, userId } from '../helper.ts'

/** Enough for a plan that reads everything to be seen. */
const ROUNDS = 20

t.test(
  'no request reads a table as a whole for one row of it, though the table was empty when its first plan was made',
  async (t) => {
    const shop = await openOwnShop(t)
    // As after the first start of a shop without orders.
    await shop.sql`analyze`
    const call =
    async (method: 'GET' | 'POST' | 'PATCH', path: string, body?: unknown, headers?: Record<string, string>) => {
      const answer = await shop.call(method, path, body, headers)
      t.ok(answer.status < 300, `${method} ${path}: ${answer.status}`)
      return answer.json
    }
    for (let n = 0; n < ROUNDS; n++) {
      const user = userId(n % 5 + 1)
      const items = [{ product_id: 1, quantity: 1 }, { product_id: 33, quantity: 2 }]
      const { data: [{ order_id: order }] } = await call('POST', '/orders', { user_id: user, items }, {
        'idempotency-key': `plan-${n}`
      })
      await call('POST', `/orders/${order}/items`, [{ product_id: 2, quantity: 1 }])
      await call('PATCH', `/orders/${order}`, { status: 'processing' })
      await call('PATCH', `/api/v1/orders/${order}`, { status: 'cancelled' })
      await call('POST', `/carts/${user}/items`, { product_id: 3, quantity: 1 })
      await call('GET', `/carts/${user}`)
      await call('POST', `/carts/${user}/checkout`)
      for (const path of [
      `/orders/${order}`, `/orders/user/${user}`, `/users/${user}`, `/users/${user}/order-status-notifications`,
      `/api/v1/orders/${order}`, '/products/7'
      ]) {
        await call('GET', path)
      }
    }
    // What a connection has counted is known once it has ended.
    await shop.app.close()
    const [made] =
    await shop.sql`select n_tup_ins::int as n from pg_stat_user_tables where relid = 'orders.orders'::regclass`
    t.equal(made!.n, 2 * ROUNDS, 'all has been counted')
    // A table of one row has no index; gateway.definitions and objects are read once, at start.
    const read = await shop.sql<{ name: string, scans: number, rows: number }[]>`
    select relid::regclass::text as name, seq_scan::int as scans, seq_tup_read::int as rows from pg_stat_user_tables
    where schemaname in ('users', 'products', 'orders', 'gateway') and seq_tup_read > seq_scan
    and relname not in ('definitions', 'objects')`
    t.strictSame([...read], [])
  }
)
