import { randomBytes } from 'node:crypto'
import postgres, { type Sql } from 'postgres'
import t, { type Test } from 'tap'
import { migrate } from '../../database/migration/index.ts'
import { databaseUrl, findTestServer } from '../server.ts'

const NAMES = [
  'Crème Brûlée', 'CREME FRAICHE', 'Organic Whole Milk', 'Milk Chocolate, Organic', 'Banana', 'Banana Bread', 'Straße',
  'Ærø Cheese',
  'ЁЛКА Йогурт', 'ΣΊΣΥΦΟΣ', 'Ծիրան', 'Ｆull Width™', '100% Rye_Bread \\ Dark', 'Jalapeño – ‘Hot’', 'K2 Kelvin',
  'İstanbul', 'x'
]
/** What is looked for, and the places of the names it finds. */
const SEARCHES: [string, number[]][] = [
  ['creme', [1, 2]], ['CRÈME', [1, 2]], ['crème brulee', [1]], ['brule\u0301e', [1]], ['milk organic', [3, 4]],
  ['ORGANIC  milk ', [3, 4]], ['milk', [3, 4]],
  ['strasse', [7]], ['STRASSE', [7]], ['aerø', [8]], ['елка йог', [9]], ['σισυφος', [10]], ['ΣΙΣΥΦΟΣ', [10]],
  ['ԾԻՐԱՆ', [11]], ['full width', [12]],
  ['%', [13]], ['_', [13]], ['\\', [13]], ['100% rye', [13]], ["jalapeno - 'hot'", [14]], ['\u212a2', [15]],
  ['istanbul', [16]], ['ISTANBUL', [16]],
  ['x', [17]], ['an', [3, 4, 5, 6, 16]], ['b d', [6, 13]], ['bananna', [5, 6]], ['zzz', []]
]

const PEOPLE: [string, string, string][] = [
  ['José', 'Müller', 'JOSE@example.com'], ['JOSÉ', 'Muller', 'muller@example.org'],
  ['Ñandú', 'ÅNGSTRÖM', 'nandu@example.com'], ['Ёлка', 'Йогурт', 'yolka@example.com'],
  ['50%', 'Off_Sale\\', 'a@exämple.de'], ['Li', 'Ng', 'x@y.example']
]
const PEOPLE_SEARCHES: [string, number[]][] = [
  ['jose', [1, 2]], ['JOSÉ', [1, 2]], ['muller jose', [1, 2]], ['MÜLLER', [1, 2]], ['jose@example', [1]],
  ['example.com', [1, 3, 4]], ['ångström ñandu', [3]],
  ['angstro\u0308m', [3]], ['елка', [4]], ['ЁЛКА йогурт', [4]], ['%', [5]], ['_', [5]], ['\\', [5]],
  ['example.de', [5]], ['ng', [3, 6]], ['li ng', [6]], ['nobody', []]
]

async function search (sql: Sql, text: string): Promise<number[]> {
  const [found] =
    await sql<{ ids: number[] }[]>`select ids from products.matching(${text}, null, null, null, null, null, null)`
  return found!.ids
}

/** A migrated database of this locale. */
async function databaseOf (t: Test, locale: string): Promise<Sql> {
  const server = await findTestServer()
  const name = `test_${randomBytes(6).toString('hex')}`
  const admin = postgres(databaseUrl(server.url, 'postgres'), { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${name} template template0 encoding 'UTF8' locale '${locale}'`)
  const sql = postgres(databaseUrl(server.url, name), { max: 1, onnotice: () => {} })
  t.teardown(async () => {
    await sql.end()
    await admin.unsafe(`drop database ${name} with (force)`)
    await admin.end()
    await server.stop()
  })
  await migrate(sql)
  return sql
}

for (const locale of ['C', 'C.UTF-8']) {
  t.test(`names are found without regard to case and accents on a database whose locale is ${locale}`, async (t) => {
    const sql = await databaseOf(t, locale)
    for (const [at, name] of NAMES.entries()) {
      await sql`insert into products.products (product_id, product_name) values (${at + 1}, ${name})`
    }
    for (const [text, places] of SEARCHES) t.strictSame(await search(sql, text), places, text)
  })
  t.test(`users and departments are found likewise where the locale is ${locale}`, async (t) => {
    const sql = await databaseOf(t, locale)
    for (const [at, [first, last, email]] of PEOPLE.entries()) {
      await sql`insert into users.users (id, first_name, last_name, email_address,
        order_notifications_next_scheduled_time)
        values (${at + 1}, ${first}, ${last}, ${email}, now())`
    }
    for (const [text, ids] of PEOPLE_SEARCHES) {
      const [found] = await sql<{ ids: string[] }[]>`select users.matching(${text}) as ids`
      t.strictSame(found!.ids.map(Number), ids, text)
    }
    await sql`insert into products.departments (department_id, department_name) values (1, 'Crémerie'), (2, 'ÖLE'), (3,
      'öle'), (4, 'Bakery')`
    for (const [names, ids] of [[['CRÉMERIE'], [1]], [['Öle', 'bakery'], [2, 3, 4]], [['Bak'], []], [[], []]]) {
      const [found] = await sql<{ ids: number[] }[]>`select products.department_ids(${names as string[]}) as ids`
      t.strictSame(found!.ids.toSorted(), ids, String(names))
    }
  })
}
