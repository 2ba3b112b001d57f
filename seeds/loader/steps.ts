import type { Sql } from 'postgres'
import type { Kind } from './files.ts'
import { hashPasswords } from './passwords.ts'
import { run } from './run.ts'
import { suspendIndexes } from './suspend-indexes.ts'

/** Kinds of which a row may be refused for what another row has: an email address, an order number, a SKU. */
const WITH_RIVALS: ReadonlySet<Kind> = new Set(['users', 'orders', 'inventory'])

/**
 * Checks the staged rows of kinds that belong together, and writes those that fit.
 *
 * @param isEmpty the database has no such rows yet, so there is nothing to replace
 */
export async function settle (sql: Sql, kinds: Kind[], isEmpty: boolean): Promise<void> {
  for (const kind of kinds) await choose(sql, kind)
  const resume = isEmpty ? await suspendIndexes(sql, kinds) : async () => {}
  if (kinds.includes('orders')) await writeOrders(sql, isEmpty)
  else for (const kind of kinds) await write(sql, kind, isEmpty)
  await resume()
}

/** From staged rows to the rows to write (`chosen_<kind>`): those that fit, the last one of each key. */
async function choose (sql: Sql, kind: Kind): Promise<void> {
  await run(sql, `reject-${kind}`)
  await run(sql, `choose-${kind}`)
  if (!WITH_RIVALS.has(kind)) return
  // Where a refused row had replaced an earlier one, that one stands again, and may have rivals of its own.
  while ((await run(sql, `reject-rival-${kind}`)).count > 0) {
    await sql.unsafe(`drop table chosen_${kind}`)
    await run(sql, `choose-${kind}`)
  }
}

async function write (sql: Sql, kind: Kind, isEmpty: boolean): Promise<void> {
  if (kind === 'users') await hashPasswords(sql)
  if (!isEmpty && kind === 'users') await run(sql, 'free-addresses')
  if (kind === 'inventory') {
    await run(sql, 'free-skus')
    await run(sql, 'update-skus')
  }
  if (!isEmpty) await run(sql, `update-${kind}`)
  await run(sql, `insert-${kind}`)
}

async function writeOrders (sql: Sql, isEmpty: boolean): Promise<void> {
  if (!isEmpty) await run(sql, 'update-orders')
  await run(sql, 'insert-orders')
  if (!isEmpty) await run(sql, 'update-items')
  await run(sql, 'insert-items')
  await run(sql, 'insert-history')
  if (!isEmpty) {
    await run(sql, 'redate-items')
    await run(sql, 'refresh-orders')
  }
  await run(sql, 'number-orders')
  // After the items' own trigger, which is suspended then.
  if (isEmpty) await run(sql, 'settle-all')
}
