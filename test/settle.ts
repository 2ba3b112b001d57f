import type { Sql } from 'postgres'

/**
 * Settles every order made before `latest` (the sums per product; default: in an hour), in calls of `most`, as
 * housekeeping does in time.
 */
export async function settleAll (
  sql: Sql, { most = 1_000_000, latest = new Date(Date.now() + 3_600_000).toISOString() } = {}
): Promise<void> {
  const deadline = performance.now() + 30_000
  for (;;) {
    const [row] =
      await sql<{ done: boolean }[]>`select orders.settle_orders(${most}, ${latest}::text::timestamptz) >=
        ${latest}::text::timestamptz as done`
    if (row!.done) return
    if (performance.now() > deadline) throw new Error('some transaction is not over: orders cannot be settled')
  }
}
