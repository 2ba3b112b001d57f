import type { Sql } from 'postgres'
import { hashPassword } from '../../plugins/passwords.ts'
import { run } from './database.ts'
import type { Kind } from './files.ts'

/** Kinds of which a row may be refused for what another row has: an email address, an order number, a SKU. */
const WITH_RIVALS: ReadonlySet<Kind> = new Set(['users', 'orders', 'inventory'])

/** Users read at once; meanwhile the database hears nothing of the load (database/silence.ts). */
const HASHED_AT_ONCE = 40

const TABLES: Record<Kind, string> = {
  departments: 'products.departments',
  aisles: 'products.aisles',
  products: 'products.products',
  enriched: 'products.product_enriched',
  inventory: 'products.inventory',
  users: 'users.users',
  orders: 'orders.orders',
  items: 'orders.order_items',
  history: 'orders.order_status_history'
}

/**
 * Checks the staged rows of kinds that belong together, and writes those that are valid.
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

/** From staged rows to the rows to write (`chosen_<kind>`): the valid ones, of each key the last. */
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

/** Hashes the passwords of the users who came with one but without a hash. About 100 ms each, two at a time. */
async function hashPasswords (sql: Sql): Promise<void> {
  let after = '0'
  for (;;) {
    const users = await run<{ id: string, password: string }>(sql, 'list-passwords', [after, HASHED_AT_ONCE])
    const last = users.at(-1)
    if (last === undefined) return
    after = last.id
    const hashes: string[] = []
    const waiting = users.entries()
    // More at once would starve every file and DNS call of this process (libuv has four threads).
    await Promise.all([1, 2].map(async () => {
      for (const [place, { password }] of waiting) hashes[place] = await hashPassword(password)
    }))
    await run(sql, 'set-hashes', [users.map(({ id }) => id), hashes])
  }
}

/**
 * Takes foreign keys, plain indexes and the sums per product off tables that are empty, for as long as they are filled;
 * unique indexes stay. Building an index of everything and checking a key for everything at once is far cheaper than
 * row by row: 155,824 items in 0.5 s instead of 2.4. The transaction holds the tables for itself meanwhile; nobody else
 * ever sees them without.
 *
 * @returns puts back exactly what was there
 */
async function suspendIndexes (sql: Sql, kinds: Kind[]): Promise<() => Promise<void>> {
  const parts = await run<{ remove: string, restore: string }>(sql, 'list-suspendable', [
    kinds.map((kind) => TABLES[kind])
  ])
  for (const { remove } of parts) await sql.unsafe(remove)
  return async () => {
    for (const { restore } of parts) await sql.unsafe(restore)
  }
}
