import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { remarks } from '../../../seeds/loader/reports.ts'
import { counts, openLoader, SHOP, type Files } from './loading.ts'

const AISLES = SHOP['aisles.csv']
const DEPARTMENTS = { 'departments.csv': SHOP['departments.csv'] }

t.test('Every file may be compressed, and is the same then', async (t) => {
  const { load, rejects, sql } = await openLoader(t)
  const packed = Object.entries(SHOP).map(([name, content]) => [`${name}.gz`, gzipSync(content)])
  t.match(await load(Object.fromEntries(packed)), { loaded: 22, rejected: 0, unread: [] })
  t.same(counts(await load({ 'inventory.csv.gz': gzipSync('product_id,stock\n1,7\n9,1\n') }), 'inventory.csv.gz'),
    [1, 0, 1])
  t.same(await rejects('inventory.csv'), [['3', 'there is no product 9', '9,1']])

  // Longer than a chunk, and of two members, as `cat a.gz b.gz` makes it.
  const rows = Array.from({ length: 40_000 }, (_, n) => `${n + 1},aisle ${n}\n`).join('')
  const report = await load({
    'aisles.csv.gz': Buffer.concat([gzipSync(`aisle_id,aisle\n${rows}`), gzipSync('x,"two\nlines"\ny,last\n')])
  })
  t.same(counts(report, 'aisles.csv.gz'), [39_998, 2, 2])
  t.same(await rejects('aisles.csv'), [
    ['40002', 'aisle_id is not a whole number: x', 'x,"two\nlines"'],
    ['40004', 'aisle_id is not a whole number: y', 'y,last']])
  t.equal((await sql`select count(*)::int as n from products.aisles`)[0]!.n, 40_000)
})

t.test('Where a file is there twice, the plain one counts, and the summary says so', async (t) => {
  const { load } = await openLoader(t)
  const report = await load({ 'aisles.csv': AISLES, 'aisles.csv.gz': gzipSync('aisle_id,aisle\n9,other\n') })
  t.same(counts(report, 'aisles.csv'), [2, 0, 0])
  t.same(remarks(report), ['aisles.csv.gz is not read: aisles.csv is read instead'])
})

const MANY = `aisle_id,aisle\n${Array.from({ length: 50_000 }, (_, n) => `${n + 1},aisle ${Math.sin(n)}\n`).join('')}`
const cut = gzipSync(MANY).subarray(0, -200_000)
const spoilt = Buffer.from(gzipSync(MANY))
spoilt.fill(0xff, spoilt.length - 100_000)
const latin1 = `aisle_id,aisle\n1,pâté\n2,ice\n3,crème\n${'4,more\n'.repeat(60_000)}`

const REFUSED: [string, Files, string | RegExp][] = [
  [
    'gzip that is cut off', { 'aisles.csv.gz': cut },
    /^a damaged or cut off gzip file, or none at all: unexpected end of file$/
  ],
  ['gzip that is damaged', { 'aisles.csv.gz': spoilt }, /^a damaged or cut off gzip file, or none at all: /],
  [
    'no gzip at all', { 'aisles.csv.gz': AISLES },
    /^a damaged or cut off gzip file, or none at all: incorrect header check$/
  ],
  [
    'gzip under the name of plain CSV', { 'aisles.csv': gzipSync(AISLES) },
    'compressed with gzip: say so, by a name that ends in .csv.gz or by Content-Encoding: gzip'
  ],
  [
    'an Excel workbook', { 'aisles.csv': Buffer.from('PK\x03\x04 and so on') },
    'a ZIP archive or an Excel workbook: save it as CSV, or compress it with gzip'
  ],
  [
    'semicolons', { 'aisles.csv': AISLES.replaceAll(',', ';') },
    'separated by semicolons: columns are separated by commas'
  ],
  [
    'semicolons and quotes', { 'aisles.csv': '"aisle_id";"aisle"\n1;"ice, cream"\n' },
    'separated by semicolons: columns are separated by commas'
  ],
  [
    'semicolons, announced as Excel does', { 'aisles.csv': `\ufeffsep=;\n${AISLES.replaceAll(',', ';')}` },
    'separated by semicolons: columns are separated by commas'
  ],
  ['tabs', { 'aisles.csv': AISLES.replaceAll(',', '\t') }, 'separated by tabs: columns are separated by commas'],
  [
    'vertical bars', { 'aisles.csv': AISLES.replaceAll(',', '|') },
    'separated by vertical bars: columns are separated by commas'
  ],
  ['UTF-16', { 'aisles.csv': Buffer.from(`\ufeff${AISLES}`, 'utf16le') }, 'encoded in UTF-16: save it as UTF-8'],
  [
    'UTF-16, big end first', { 'aisles.csv': Buffer.from(`\ufeff${AISLES}`, 'utf16le').swap16() },
    'encoded in UTF-16: save it as UTF-8'
  ],
  ['UTF-16 without a mark', { 'aisles.csv': Buffer.from(AISLES, 'utf16le') }, 'encoded in UTF-16: save it as UTF-8'],
  [
    'compressed UTF-16', { 'aisles.csv.gz': gzipSync(Buffer.from(`\ufeff${AISLES}`, 'utf16le')) },
    'encoded in UTF-16: save it as UTF-8'
  ],
  [
    'Latin-1', { 'aisles.csv': Buffer.from(latin1, 'latin1') },
    'encoded in Latin-1 or Windows-1252, as it seems: save it as UTF-8'
  ]
]

t.test('A file that is no CSV in UTF-8 is refused by name, as a whole; the others load', async (t) => {
  const { load, rejects, sql } = await openLoader(t)
  for (const [what, files, reason] of REFUSED) {
    const [name = ''] = Object.keys(files)
    const report = await load({ ...DEPARTMENTS, ...files })
    t.same(counts(report, name), [0, 0, 1], what)
    t.equal(counts(report, 'departments.csv')[2], 0)
    t.match((await rejects('aisles.csv')).map(([line, why]) => [line, why]), [['1', reason]])
    t.same(await sql`select from products.aisles`, [], 'not a single row of it')
    t.match(remarks(report), [new RegExp(`^${name} is refused: `)])
  }
})

t.test('A single row that is not UTF-8, or several among others that are, are rejected as rows', async (t) => {
  const { load, rejects } = await openLoader(t)
  const bad = (n: number) => Buffer.from(`${n},cr\xe8me\n`, 'latin1')
  t.same(counts(await load({ 'aisles.csv': Buffer.concat([Buffer.from(AISLES), bad(3)]) }), 'aisles.csv'), [2, 0, 1])
  t.same(
    counts(await load({ 'aisles.csv': Buffer.concat([Buffer.from(`${AISLES}3,crème\n`), bad(4), bad(5)]) }),
      'aisles.csv'),
    [1, 2, 2]
  )
  t.same((await rejects('aisles.csv')).map(([line, reason]) => [line, reason]),
    [['5', 'not UTF-8'], ['6', 'not UTF-8']])
})

t.test('Files and columns that nobody reads are named', async (t) => {
  const { load } = await openLoader(t)
  const report = await load({
    ...SHOP,
    'users_demo.csv':
      'user_id,first_name,last_name,email_address,nickname,,Age\n7,Ada,Byron,ada@example.com,x,y,36\n' +
        '8,B,R,b@example.com,,,\n',
    'Products.csv': 'x',
    'ORDERS.CSV.gz': 'x',
    'departments_enriched.csv': SHOP['departments.csv'],
    'notes.txt': 'x',
    'products_enriched/readme.md': 'x',
    '.hidden': 'x'
  })
  t.same(remarks(report), [
    'users_demo.csv has columns that nobody reads: nickname, (without a name), age',
    'departments.csv is not read: departments_enriched.csv is read instead',
    'ORDERS.CSV.gz is not read: did you mean orders.csv.gz?',
    'Products.csv is not read: did you mean products.csv?',
    'not read: notes.txt, products_enriched/readme.md'
  ])
  await t.rejects(load({ 'Products.csv': 'x' }),
    /There is no CSV file to load in .*\n {2}Products\.csv: did you mean products\.csv\?$/s)
})

t.test('A report of an earlier load goes at the start of a load, even one that fails', async (t) => {
  const { load, rejects, rejectsDir } = await openLoader(t)
  await load({ 'aisles.csv': `${AISLES}x,y\n`, ...DEPARTMENTS })
  t.equal((await rejects('aisles.csv')).length, 1)
  await writeFile(join(rejectsDir, 'mine.csv'), 'not a report')
  await t.rejects(load({ 'aisles.csv.gz': gzipSync(AISLES) }, {
    onProgress: ({ phase }) => { if (phase === 'check') throw new Error('broken off') }
  }), /broken off/)
  await t.rejects(rejects('aisles.csv'), { code: 'ENOENT' })
  t.equal((await rejects('mine.csv')).length, 0, 'what is no report stays')
})

t.test('inventory.csv sets what is in stock, and SKUs', async (t) => {
  const { load, rejects, sql } = await openLoader(t)
  const stocks = async () =>
    (await sql`select p.product_id as id, stock, sku from products.products p left
      join products.inventory using (product_id)
    order by 1`).map(({ id, stock, sku }) => [id, stock, sku])
  t.same(
    counts(await load({ ...SHOP, 'inventory.csv': 'product_id,stock,sku\n1,10,A\n2,0,B\n2,5,B\n' }), 'inventory.csv'),
    [2, 1, 0]
  )
  t.same(await stocks(), [[1, 10, 'A'], [2, 5, 'B'], [3, null, null]])
  t.same(await sql`select distinct product_sku from orders.order_items where product_id = 1`, [{ product_sku: 'A' }],
    'snapshots have it, too')

  const report = await load({ 'inventory.csv': 'sku,stock,product_id\nB,1,1\nA,2,2\n,4,3\nA,3,3\n,,1\n,-1,1\n,7,9\n' })
  t.same(counts(report, 'inventory.csv'), [1, 2, 4])
  t.same((await rejects('inventory.csv')).map(([line, reason]) => [line, reason]), [
    ['5', 'another product has this SKU: A'], ['6', 'stock is missing'],
    ['7', 'stock must be from 0 to 2000000000: -1'], ['8', 'there is no product 9']])
  t.same(await stocks(), [[1, 1, 'B'], [2, 2, 'A'], [3, 4, null]], 'SKUs change places')
  t.same(counts(await load({ 'inventory.csv': 'product_id,stock\n1,100\n' }), 'inventory.csv'), [0, 1, 0])
  t.same((await stocks())[0], [1, 100, 'B'], 'a file without SKUs leaves them')
  t.match(await load({ ...SHOP, 'inventory.csv': 'product_id,stock\n1,0\n' }, { onlyEmpty: true }), { files: [] },
    'not at a later start')
})

t.test('A dry run reports and writes the reject files, and leaves everything as it was', async (t) => {
  const { load, rejects, sql } = await openLoader(t)
  const report = await load({ ...SHOP, 'aisles.csv': `${AISLES}x,y\n` }, { dryRun: true })
  t.match(report, { loaded: 22, rejected: 1 })
  t.equal((await rejects('aisles.csv')).length, 1)
  t.same(await sql`select (select count(*)::int from users.users) as users, (select count(*)::int from products.aisles)
    as aisles,
    (select last_value::int from orders.orders_id_seq) as next`, [{ users: 0, aisles: 0, next: 3_422_000 }])
  t.match(await load(SHOP), { loaded: 22 })
})
