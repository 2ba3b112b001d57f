import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { counts, openLoader, SHOP } from './loading.ts'
import { all } from '../../checks.ts'
import { describeProgress, Meter, type Progress } from '../../../seeds/loader/progress.ts'

const { 'departments.csv': departments, 'products.csv': products } = SHOP

t.test('Every kind of file is loaded, and every row is counted', async (t) => {
  const { load, sql } = await openLoader(t)
  const report = await load(SHOP)
  t.match(report, { loaded: 22, replaced: 0, rejected: 0, nothingLoaded: false })
  t.equal(report.files.length, 9)
  t.same(await sql`select department_id, department_name from products.departments order by 1`,
    [{ department_id: 1, department_name: 'frozen' }, { department_id: 2, department_name: 'bakery' }])
  t.same(await sql`select department_id, aisle_id, products from products.product_counts order by 1`, [
    { department_id: 1, aisle_id: 1, products: 1 }, { department_id: 2, aisle_id: 2, products: 2 }])
  t.same(await sql`select sum(users)::int as users from users.user_counts`, [{ users: 2 }])
  t.same(
    await sql`select conname from pg_constraint where contype = 'f' and conrelid = 'orders.order_items'::regclass
      order by 1`,
    [{ conname: 'order_items_order_id_fkey' }, { conname: 'order_items_product_id_fkey' }], 'the foreign keys are back'
  )
  t.same(
    await sql`select indexrelid::regclass::text as name from pg_index where indrelid = 'orders.orders'::regclass
      and not indisunique order by 1`,
    ['newest', 'status_newest', 'status_total', 'total', 'user_newest'].map(
      (what) => ({ name: `orders.orders_${what}_idx` })
    ),
    'and the indexes'
  )
})

t.test('The enriched departments win', async (t) => {
  const { load, sql } = await openLoader(t)
  const report = await load({
    'departments.csv': departments,
    'departments_enriched.csv':
      'image_url,department,nobody,department_id,description\nhttps://example.com/p.png,pets,x,3,"Cats, dogs"\n'
  })
  t.equal(report.files.length, 1)
  t.same(await sql`select department_id, department_name, description, image_url from products.departments`,
    [{ department_id: 3, department_name: 'pets', description: 'Cats, dogs', image_url: 'https://example.com/p.png' }])
})

t.test('Enriched files count in the order of their numbers: the later row of a product wins', async (t) => {
  const { load, sql } = await openLoader(t)
  const report = await load({
    ...SHOP,
    'products_enriched/enriched_products_dept10.csv': 'product_id,price\n1,9.99\n',
    'products_enriched/other.csv': 'product_id,price\n1,1\n'
  })
  t.same(counts(report, 'products_enriched/enriched_products_dept10.csv'), [1, 0, 0])
  t.same(counts(report, 'products_enriched/enriched_products_dept1.csv'), [0, 1, 0], 'the one it replaces')
  t.same(await sql`select price, description from products.product_enriched where product_id = 1`, [
    { price: 9.99, description: null }
  ])
})

t.test('The original Instacart names are known, and the train items count after the prior ones', async (t) => {
  const { load, sql } = await openLoader(t)
  const { 'orders_demo.csv': orders, 'order_items_demo.csv': items, ...rest } = SHOP
  const report = await load({
    ...rest,
    'orders.csv': orders,
    'order_products__prior.csv': items,
    'order_products__train.csv': 'order_id,product_id,add_to_cart_order,reordered\n13,1,1,0\n12,3,9,1\n'
  })
  t.same(counts(report, 'orders.csv'), [3, 0, 0])
  t.same(counts(report, 'order_products__prior.csv'), [3, 1, 0])
  t.same(counts(report, 'order_products__train.csv'), [2, 0, 0])
  t.same(await sql`select add_to_cart_order, reordered from orders.order_items where order_id = 12 and product_id = 3`,
    [{ add_to_cart_order: 9, reordered: 1 }])
})

t.test('Orders without their users are rejected, and so is all that belongs to them', async (t) => {
  const { load, rejects } = await openLoader(t)
  const report = await load({ ...SHOP, 'users_demo.csv': undefined })
  t.same(counts(report, 'orders_demo.csv'), [0, 0, 3])
  t.same(counts(report, 'order_items_demo.csv'), [0, 0, 4])
  t.same(counts(report, 'orders_demo_status_history.csv'), [0, 0, 4])
  t.same((await rejects('orders_demo.csv'))[0], [
    '2', 'there is no user 7', '11,7,prior,1,2,14,,2026-02-01 10:00:00+00:00'
  ])
})

t.test('A folder that is not there, or has nothing to load, is an error and changes nothing', async (t) => {
  const { load, folder } = await openLoader(t)
  await t.rejects(load({}, { dir: '/nowhere' }), /\/nowhere.*cannot be read/)
  await t.rejects(load({ 'readme.txt': 'nothing' }), /There is no CSV file to load in/)
  const dir = await folder({ 'aisles.csv': 'aisle_id,aisle\n' })
  const report = await load({}, { dir })
  t.match(report, { nothingLoaded: true, rejected: 0 }, 'a header alone loads nothing, and is no fault')
})

for (const [what, file, reason] of [
  ['an empty file', '', 'the file is empty'],
  ['a lonely byte order mark', '\ufeff', 'the file is empty'],
  ['a missing column', 'aisle_id,name\n1,ice\n', 'the header lacks aisle'],
  ['a column twice', 'aisle_id,aisle,aisle\n1,ice,snow\n', 'the header has the column aisle twice'],
  [
    'a header in UTF-16', Buffer.from('\ufeffaisle_id,aisle\n1,ice\n', 'utf16le'), 'encoded in UTF-16: save it as UTF-8'
  ],
  [
    'a header with an unclosed quote', '"aisle_id,aisle\n1,ice\n',
    'the header cannot be read: a quoted cell is not closed properly'
  ],
  [
    'a header in Latin-1', Buffer.from('aisle_id,aisle,\xe9\n1,ice,x\n', 'latin1'),
    'encoded in Latin-1 or Windows-1252, as it seems: save it as UTF-8'
  ],
  ['a header of 3 MiB', 'x'.repeat(3 << 20), 'the header cannot be read: the line is longer than 1 MiB']
] as const) {
  t.test(`A file with ${what} counts as one reject; the others load`, async (t) => {
    const { load, rejects } = await openLoader(t)
    const report = await load({ 'departments.csv': departments, 'aisles.csv': file })
    t.same(counts(report, 'aisles.csv'), [0, 0, 1])
    t.same(counts(report, 'departments.csv'), [2, 0, 0])
    t.same((await rejects('aisles.csv')).map(([line, why]) => [line, why]), [['1', reason]])
  })
}

t.test('A file that cannot be read is a reject, too', async (t) => {
  const { load, folder, rejects } = await openLoader(t)
  const dir = await folder({ 'departments.csv': departments })
  await mkdir(join(dir, 'aisles.csv'))
  const report = await load({}, { dir })
  t.same(counts(report, 'aisles.csv'), [0, 0, 1])
  t.match(await rejects('aisles.csv'), [['1', /^the file cannot be read: EISDIR/, '']])
})

t.test('A report of an earlier load goes when its file is loaded again', async (t) => {
  const { load, rejects } = await openLoader(t)
  await load({ 'departments.csv': departments, 'products.csv': 'product_id,product_name\nx,y\n' })
  t.equal((await rejects('products.csv')).length, 1)
  await load({ 'aisles.csv': SHOP['aisles.csv'] })
  t.equal((await rejects('products.csv')).length, 1, 'another file leaves it alone')
  const report = await load({ 'products.csv': products })
  t.equal(report.rejected, 0)
  await t.rejects(rejects('products.csv'), { code: 'ENOENT' })
})

t.test('The progress tells bytes, rows and steps, and how long the rest takes', async (t) => {
  const { load } = await openLoader(t)
  const seen: Progress[] = []
  await load(SHOP, { onProgress: (progress) => seen.push({ ...progress }) })
  const total = Object.values(SHOP).join('').length
  all(t, seen, (progress) => progress.total === total, 'the total is known from the start')
  t.match(seen.at(-1), { bytes: total, phase: 'check', step: 'indexes', rows: 22 })
  const parts = seen.map(({ part }) => part)
  t.strictSame(parts, [...parts].sort((a, b) => a - b), 'it never goes back')
  all(t, parts, (part) => part < 1, 'nor is it over before the end')
  t.ok(parts.at(-1)! > 0.8, 'and gets near the end')
  const steps = ['reading', 'reject-items', 'choose-items', 'insert-items', 'settle-all']
  t.strictSame([...new Set(seen.map(({ step }) => step))].filter((step) => steps.includes(step)), steps)

  const told: Progress[] = []
  const file = { number: 1, name: 'a', path: 'a', size: 300, isPacked: false }
  const meter = new Meter([{ kinds: ['aisles'], files: [file] }], (progress) => told.push(progress))
  meter.repeat()
  t.strictSame(told, [], 'there is nothing to tell yet')
  meter.read(file, 150, 7)
  meter.repeat()
  t.match(told[1], { part: 150 / 900, rows: 7, step: 'reading' }, 'it is told again')
  t.ok(told[1]!.secondsLeft! < told[0]!.secondsLeft!, 'and the time left goes on')

  const halfway = { ...seen.at(-1)!, step: 'reading', file: 'orders.csv', part: 0.5, rows: 12, rowsPerSecond: 6 }
  t.equal(describeProgress({ ...halfway, secondsLeft: 89.2 }),
    '50 % done, reading orders.csv: 12 rows read, 6 a second, about 90 s left')
  t.equal(describeProgress({ ...halfway, step: 'indexes', secondsLeft: 240 }),
    '50 % done, indexes: 12 rows read, 6 a second, about 4 min left')
  t.equal(describeProgress({ ...halfway, secondsLeft: undefined }),
    '50 % done, reading orders.csv: 12 rows read, 6 a second')
})
