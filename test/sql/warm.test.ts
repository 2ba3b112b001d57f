import t from 'tap'
import { openOwnShop, userId } from '../helper.ts'

t.test('a connection is warmed without a trace', async (t) => {
  const { sql, call } = await openOwnShop(t)
  // So that there is something to be changed.
  const items = [{ product_id: 1, quantity: 1 }]
  t.equal((await call('POST', '/orders', { user_id: userId(1), items })).status, 201)
  t.equal((await call('PUT', `/carts/${userId(1)}`, { items })).status, 200)
  const sequences = async () => await sql<{ name: string, value: string | null }[]>`
    select schemaname || '.' || sequencename as name, last_value::text as value from pg_sequences
    where schemaname in ('users', 'orders', 'gateway', 'products') order by 1`
  const before = await sequences()
  const connection = await sql.reserve()
  await connection`begin`
  t.strictSame([...await connection`select orders.warm() as is_warm`], [{ is_warm: true }])
  const [{ id, rows }] = await connection<[{ id: string | null, rows: number }]>`
    select pg_current_xact_id_if_assigned()::text as id, (
      select sum(pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
        + pg_stat_get_xact_tuples_deleted(oid))::int from pg_class where relkind = 'r') as rows`
  t.equal(id, null, 'whatever is written or locked needs a number of a transaction')
  t.equal(rows, 0)
  await connection`commit`
  connection.release()
  t.ok(before.some(({ value }) => value !== null), 'some had been taken')
  t.strictSame([...await sequences()], [...before], 'no number is taken')
})
