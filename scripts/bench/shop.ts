import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import postgres, { type Sql } from 'postgres'
import { databaseUrl, dropDatabase, endIfInterrupted, endOnSignals, fill, findTestServer } from './house.ts'

/** What the requests ask for: a few of each kind, the same ones in the same shop. */
export interface Shop {
  products: number[]
  /** Have a price, and a stock that nobody counts. */
  sold: number[]
  users: string[]
  /** Have about a page of orders. */
  buyers: string[]
  cartOwners: string[]
  departments: string[]
  /** Each in about a hundred names. */
  words: string[]
  /** With about ten items. */
  orders: string[]
  statuses: string[]
  /** Made up for the writes; none where nothing may be written. */
  customers: string[]
}

export interface Database { url: string, sql: Sql, about: string, end (): Promise<void> }

/** How many users the writes are of. A checkout empties a cart, so that a round has no more of them than this. */
const CUSTOMERS = 2048
const DOMAIN = 'bench.invalid'

/** A database of its own on the server that tests use, filled from SEED_DIR; gone afterwards. */
export async function scratchDatabase (scratchDir: string): Promise<Database> {
  const server = await findTestServer()
  const name = `bench_${randomBytes(6).toString('hex')}`
  const admin = postgres(databaseUrl(server.url, 'postgres'), { max: 1, onnotice: () => {} })
  let sql: Sql | undefined
  const end = async () => {
    await sql?.end({ timeout: 5 })
    await dropDatabase(admin, name)
    await admin.end({ timeout: 5 })
    await server.stop()
  }
  // Before the server's own end, which does not wait for others.
  endIfInterrupted(async () => { await sql?.end({ timeout: 0 }) })
  try {
    await admin.unsafe(`create database ${name}`)
    const url = databaseUrl(server.url, name)
    const dir = process.env.SEED_DIR || 'seeds'
    const began = performance.now()
    const rows = await fill(url, dir, scratchDir)
    sql = clientOf(url)
    return {
      url, sql, about: `${dir}, ${rows} rows loaded in ${((performance.now() - began) / 1000).toFixed(0)} s`, end
    }
  } catch (error) {
    await end()
    throw error
  }
}

/** A database that is there. */
export function givenDatabase (url: string): Database {
  endOnSignals()
  const sql = clientOf(url)
  return {
    url, sql, about: `the database ${new URL(url).pathname.slice(1)}`, end: async () => await sql.end({ timeout: 5 })
  }
}

const clientOf = (url: string): Sql => postgres(url, { max: 2, onnotice: () => {} })

/** Makes the functions and views of the fixed reference and of the best statements, in schemas of their own. */
export async function installReferences (sql: Sql): Promise<void> {
  for (const kind of ['reference', 'best']) {
    const folder = join(import.meta.dirname, kind, 'schema')
    const files = readdirSync(folder).sort()
    const texts = files.map((file) => readFileSync(join(folder, file), 'utf8'))
    // One after the other in one transaction; what a function calls may stand behind it.
    await sql.unsafe([
      `drop schema if exists bench_${kind} cascade`, `create schema bench_${kind}`,
      'set local check_function_bodies = off', ...texts
    ].join(';\n')).simple()
  }
}

export async function removeReferences (sql: Sql): Promise<void> {
  await sql.unsafe('drop schema if exists bench_reference, bench_best cascade').simple()
}

/** Looks for what to ask for, and makes up the customers where the shop may be written to. */
export async function lookAround (sql: Sql, mayWrite: boolean): Promise<Shop> {
  const list = async <T>(text: string): Promise<T[]> => (await sql.unsafe(text)).map(
    (row) => Object.values(row)[0] as T
  )
  const customers = mayWrite ? await makeCustomers(sql) : []
  if (mayWrite) await fillCarts(sql, await soldOf(list))
  const carts = await list<string>(`
    select u.external_user_id::text from orders.carts c join users.users u on u.id = c.user_id order by c.cart_id
    limit 8`)
  const users = await list<string>(`
    select external_user_id::text from users.users where email_address not like '%@${DOMAIN}' order by id limit 8`)
  return {
    products: await list('select product_id from products.products order by product_id limit 8'),
    sold: mayWrite ? await soldOf(list) : [],
    users,
    buyers: await list(`
      select u.external_user_id::text from (
        select user_id, count(*) as n from orders.orders where user_id is not null group by user_id
        order by abs(count(*) - 20), user_id limit 8
      ) o join users.users u on u.id = o.user_id order by u.id`),
    cartOwners: carts.length > 0 ? carts : users,
    departments: await list('select department_name from products.departments order by department_id limit 8'),
    words: await list(`
      select word from (select distinct product_id, regexp_split_to_table(search_name, '[^a-z]+') as word
      from products.products) w
      where length(word) >= 4 group by word order by abs(count(*) - 100), word limit 8`),
    orders: await list(
      'select id::text from (select id, total_items from orders.orders order by id limit 10000) o order by ' +
        'abs(total_items - 10), id limit 8'
    ),
    statuses: await list('select distinct status from orders.order_totals order by status limit 3'),
    customers
  }
}

async function soldOf (list: (text: string) => Promise<number[]>): Promise<number[]> {
  const sold = await list(`
    select product_id from products.product_enriched e
    where price is not null and not exists (select from products.inventory i where i.product_id = e.product_id)
    order by product_id limit 5`)
  if (sold.length < 5) {
    throw new Error('There are no five products with a price and without a stock, so that nothing can be ordered here.')
  }
  return sold
}

async function makeCustomers (sql: Sql): Promise<string[]> {
  await removeCustomers(sql)
  const made = await sql.unsafe<{ id: string }[]>(`
    insert into users.users (first_name, last_name, email_address, phone_number, street_address, city, postal_code,
    country)
    select 'Bench', n::text, 'customer' || n || '@${DOMAIN}', '555-0100', '1 Test Street', 'Sampleton', '12345',
    'Utopia'
    from generate_series(1, ${CUSTOMERS}) n returning external_user_id::text as id`)
  return made.map(({ id }) => id)
}

/** Takes back what the writes have left. */
export async function removeCustomers (sql: Sql): Promise<void> {
  await sql.unsafe(`
    delete from orders.orders where user_id in (select id from users.users
    where email_address like 'customer%@${DOMAIN}');
    delete from users.users where email_address like 'customer%@${DOMAIN}'`).simple()
}

/**
 * In one transaction, as statements of one text are: gives each of the customers a cart with five products, as it was
 * at first.
 */
export async function fillCarts (sql: Sql, sold: number[]): Promise<void> {
  await sql.unsafe(`
    insert into orders.carts (user_id) select id from users.users where email_address like 'customer%@${DOMAIN}'
    on conflict (user_id) do nothing;
    delete from orders.cart_items i using orders.carts c, users.users u
    where i.cart_id = c.cart_id and u.id = c.user_id and u.email_address like 'customer%@${DOMAIN}';
    insert into orders.cart_items (cart_id, product_id, quantity, add_to_cart_order)
    select c.cart_id, p.product_id, 1 + p.place % 3, p.place
    from users.users u join orders.carts c on c.user_id = u.id
    cross join unnest('{${sold.join(',')}}'::integer[]) with ordinality p (product_id, place)
    where u.email_address like 'customer%@${DOMAIN}'`).simple()
}
