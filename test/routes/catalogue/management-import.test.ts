import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Sql } from 'postgres'
import t from 'tap'
import { lookAtLaws } from '../../../scripts/trials/laws.ts'
import { until } from '../../checks.ts'
import { openShop, refuses, type Shop } from '../../helper.ts'
import { place } from '../../placing.ts'

const CSV = { 'content-type': 'text/csv' }
const base = '/api/v1/import'

type Kind = 'products' | 'prices' | 'inventory'

const send = async ({ call }: Shop, what: string, body: string | Buffer, headers = {}) =>
  await call('POST', `${base}/${what}`, body, { ...CSV, ...headers })

/** What there is of a product, as [name, department, aisle, SKU, description, price, image, stock]. */
const productOf = async (sql: Sql, product: number) => (await sql`
  select product_name, department_id, aisle_id, sku, description, price::float8, image_url, stock
  from products.products left join products.product_enriched using (product_id)
  left join products.inventory using (product_id) where product_id = ${product}`).flatMap((row) => Object.values(row))

/** Everything that an import may change. */
const contentsOf = async (sql: Sql) => (await sql<{ row: string }[]>`
  select row from (
    select 'product ' || p as row from products.products p union all
    select 'enriched ' || e from products.product_enriched e union all
    select 'stock ' || i from products.inventory i union all
    select 'movement ' || m from products.stock_movements m union all
    select 'next id ' || last_value || is_called from products.products_product_id_seq) everything
  order by 1`).map(({ row }) => row)

t.test('stocks: counts, rejects, and movements with who and why', async (t) => {
  const shop = await openShop(t)
  const { sql } = shop
  const csv = 'product_id,stock,sku,shelf\r\n31,7,,a\r\n33,1000,,\r\n1,4,NEW-1,\r\n99,1,,\r\n2,x,,\r\n2\r\n31,8,,\r\n' +
    '3,1,SKU-4,\r\n'
  t.strictSame((await send(shop, 'inventory', csv, { 'x-actor': 'Ada' })).json, {
    loaded: 1,
    replaced: 3,
    rejected: 4,
    dry_run: false,
    unread_columns: ['shelf'],
    rejects: [
      { line: 5, reason: 'there is no product 99' },
      { line: 6, reason: 'stock is not a whole number: x' },
      { line: 7, reason: 'expected 4 cells, found 1' },
      { line: 9, reason: 'another product has this SKU: SKU-4' }
    ]
  }, 'of two rows with one key the later one counts')
  t.strictSame([await productOf(sql, 31), await productOf(sql, 1)].map((product) => [product[3], product[7]]),
    [['SKU-31', 8], ['NEW-1', 4]])
  const movements = async () => (await sql`
    select product_id, quantity, stock, changed_by from products.stock_movements where reason = 'import'
    order by product_id`).map((row) => Object.values(row))
  t.strictSame(await movements(), [[1, 4, 4, 'Ada'], [31, 3, 8, 'Ada']], 'none where none changed')
  t.match((await send(shop, 'inventory', csv)).json, { loaded: 0, replaced: 4 })
  t.equal((await movements()).length, 2, 'the same again changes nothing')
  t.strictSame((await lookAtLaws(sql)).filter(({ broken }) => broken > 0), [])
})

t.test('prices and products: what the file has no column for stays', async (t) => {
  const shop = await openShop(t)
  const { sql, call } = shop
  t.match((await send(shop, 'prices', 'product_id,price\n1,3.5\n40,4\n2,1.999\n')).json,
    { loaded: 1, replaced: 1, rejected: 1, rejects: [{ line: 4, reason: 'price has more than 2 decimals: 1.999' }] })
  t.strictSame(await productOf(sql, 1),
    ['Product 1', 2, 2, 'SKU-1', 'About product 1', 3.5, 'https://example.com/1.png', null])
  await send(shop, 'prices', 'description,product_id,image_url\nGood,2,\n')
  t.strictSame((await productOf(sql, 2)).slice(4), ['Good', 2.99, null, null], 'an empty cell is no value')

  await send(shop, 'products', '\ufeffproduct_id,product_name,department_id\n1,"A ""new""\nname",4\n')
  t.strictSame((await productOf(sql, 1)).slice(0, 4), ['A "new"\nname', 4, 2, 'SKU-1'])
  t.match((await send(shop, 'products', 'product_id,product_name,aisle_id\n1,Again,9\n77,Other,1\n')).json,
    { loaded: 1, replaced: 0, rejected: 1, rejects: [{ line: 2, reason: 'there is no aisle 9' }] })
  const made = await call('POST', '/api/v1/products', { name: 'Quince', price_cents: 100 })
  t.match(made, { status: 201, json: { id: 78 } }, 'the next one has an id behind it')
})

t.test('a dry run reports, and keeps nothing', async (t) => {
  const shop = await openShop(t)
  const { sql } = shop
  const before = await contentsOf(sql)
  const files: Record<Kind, string> = {
    products: 'product_id,product_name\n1,Other\n77,New\n',
    prices: 'product_id,price\n1,9\n40,9\n',
    inventory: 'product_id,stock\n31,9\n1,9\n'
  }
  for (const [kind, csv] of Object.entries(files)) {
    for (const [query, headers] of [['?dry_run=true', {}], ['', { prefer: 'tx=rollback' }]] as const) {
      const answer = await send(shop, kind + query, csv, headers)
      t.match(answer, { status: 200, json: { loaded: 1, replaced: 1, rejected: 0, dry_run: query !== '' } })
      t.notOk('consistency-token' in answer.headers)
    }
  }
  t.strictSame(await contentsOf(sql), before)
  const answer = await send(shop, 'inventory?dry_run=false', files.inventory)
  t.match(answer, { status: 200, json: { dry_run: false }, headers: { 'consistency-token': /./ } })
})

t.test('strict: all rows, or none', async (t) => {
  const shop = await openShop(t)
  const before = await contentsOf(shop.sql)
  const refused = await send(shop, 'inventory?strict=true', 'product_id,stock\n31,9\n99,1\n31,-1\n')
  refuses(t, refused, 400, 'INVALID_INPUT')
  t.strictSame(refused.json.errors, [
    { field: 'line 3', message: 'there is no product 99' },
    { field: 'line 4', message: 'stock must be from 0 to 2000000000: -1' }
  ])
  t.strictSame(await contentsOf(shop.sql), before)
  t.match((await send(shop, 'inventory?strict=true', 'product_id,stock\n31,9\n')).json, { replaced: 1 })
  const many = await send(shop, 'inventory', `product_id,stock\n${'x,1\n'.repeat(250)}`)
  t.match(many.json, { rejected: 250, rejects: { length: 100, 0: { line: 2 }, 99: { line: 101 } } }, 'the first ones')
})

const STOCK = 'product_id,stock\n31,9\n'
const REFUSED: [what: string, body: string | Buffer, message: string, headers?: object][] = [
  ['nothing', '', 'the file is empty'],
  ['no header', '31,9\n32,9\n', 'the header lacks product_id, stock'],
  ['half a header', 'product_id\n31\n', 'the header lacks stock'],
  ['a column twice', 'product_id,stock,stock\n31,9,9\n', 'the header has the column stock twice'],
  ['semicolons', STOCK.replaceAll(',', ';'), 'separated by semicolons: columns are separated by commas'],
  ['UTF-16', Buffer.from(`\ufeff${STOCK}`, 'utf16le'), 'encoded in UTF-16: save it as UTF-8'],
  ['Latin-1', Buffer.from('product_id,stock,sku\n31,9,caf\xe9\n32,9,caf\xe8\n', 'latin1'),
    'encoded in Latin-1 or Windows-1252, as it seems: save it as UTF-8'],
  ['gzip that is not said to be', gzipSync(STOCK),
    'compressed with gzip: say so, by a name that ends in .csv.gz or by Content-Encoding: gzip'],
  ['no gzip', STOCK, 'a damaged or cut off gzip file, or none at all: incorrect header check',
    { 'content-encoding': 'gzip' }],
  ['gzip that is cut off', gzipSync(STOCK).subarray(0, -9),
    'a damaged or cut off gzip file, or none at all: unexpected end of file', { 'content-encoding': 'gzip' }]
]

t.test('what is no CSV is refused by name, and changes nothing', async (t) => {
  const shop = await openShop(t)
  const { call, sql } = shop
  const before = await contentsOf(sql)
  for (const [what, body, message, headers] of REFUSED) {
    const answer = await send(shop, 'inventory', body, headers)
    refuses(t, answer, 400, 'INVALID_INPUT')
    t.strictSame(answer.json.errors, [{ field: 'body', message }], what)
  }
  for (const headers of [
    { 'content-type': 'application/json' }, { 'content-type': 'text/csv; charset=iso-8859-1' },
    { 'content-encoding': 'br' }, { 'content-encoding': 'constructor' }
  ]) refuses(t, await send(shop, 'inventory', STOCK, headers), 415, 'UNSUPPORTED_MEDIA_TYPE')
  refuses(t, await send(shop, 'inventory', STOCK, { 'content-length': '300000000' }), 413, 'BODY_TOO_LARGE')
  refuses(t, await send(shop, 'orders', STOCK), 400, 'INVALID_INPUT')
  refuses(t, await send(shop, 'inventory?dryrun=true', STOCK), 400, 'INVALID_INPUT')
  refuses(t, await call('GET', `${base}/inventory`), 405, 'METHOD_NOT_ALLOWED')
  t.strictSame(await contentsOf(sql), before)
  const fine = await send(shop, 'inventory', gzipSync(STOCK), {
    'content-type': 'text/CSV; charset="UTF-8"; header=present', 'content-encoding': 'gzip', 'idempotency-key': 'k'
  })
  t.match(fine, { status: 200, json: { replaced: 1 } })
  t.match((await send(shop, 'inventory', 'product_id,stock\n')).json, { loaded: 0, replaced: 0, rejected: 0 })
})

t.test('one at a time; a caller who hangs up on the way leaves everything as it was', async (t) => {
  const shop = await openShop(t)
  const { app, sql } = shop
  if (!app.server.listening) await app.listen({ port: 0, host: '127.0.0.1' })
  const before = await contentsOf(sql)
  const isReading = async () => (await sql`
    select from pg_stat_progress_copy c join pg_stat_activity a using (pid) where a.datname = current_database()`)
    .length > 0
  for (const coding of ['identity', 'gzip']) {
    const { port } = app.server.address() as AddressInfo
    const headers = { ...CSV, 'content-encoding': coding }
    const upload = request({ port, host: '127.0.0.1', method: 'POST', path: `${base}/inventory`, headers })
    upload.on('error', () => {})
    const rows = Array.from({ length: 50_000 }, (_, n) => `${n % 40 + 1},${n}\n`).join('')
    const csv = Buffer.from(`product_id,stock\n${rows}`)
    upload.write(coding === 'gzip' ? gzipSync(csv, { level: 0 }).subarray(0, -50_000) : csv)
    await until(isReading, 'its rows are on their way')
    refuses(t, await send(shop, 'prices', 'product_id,price\n1,1\n'), 409, 'IMPORT_RUNNING')
    t.equal((await place(shop, 1, [{ product_id: 31, quantity: 1 }], { prefer: 'tx=rollback' })).status, 201)
    upload.destroy()
    await until(async () => !await isReading(), 'it is over')
    t.strictSame(await contentsOf(sql), before, coding)
    await until(async () => (await send(shop, 'inventory?dry_run=true', STOCK)).status === 200, 'the next is served')
  }

  // Elsewhere: a load or a migration, and the import of another gateway.
  for (const lock of [70000001, 70000004]) {
    await sql.begin(async (other) => {
      await other`select pg_advisory_xact_lock(${lock})`
      refuses(t, await send(shop, 'inventory', STOCK), 409, 'IMPORT_RUNNING')
    })
  }
  t.equal((await send(shop, 'inventory', STOCK)).status, 200)
})

t.test('it waits for rows that others hold, and meanwhile holds none that others want', async (t) => {
  const shop = await openShop(t)
  const { sql } = shop
  let importing: ReturnType<typeof send> | undefined
  await sql.begin(async (other) => {
    await other`select from products.inventory where product_id = 33 for update`
    importing = send(shop, 'inventory', 'product_id,stock\n31,50\n33,7\n')
    await until(async () => (await sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`).length > 0,
    'the import waits')
    for (let n = 0; n < 5; n++) {
      t.equal((await place(shop, 1, [{ product_id: 31, quantity: 1 }])).status, 201, 'orders go on')
    }
  })
  t.match(await importing, { status: 200, json: { replaced: 2 } })
  t.strictSame((await sql`select stock from products.inventory where product_id in (31, 33) order by product_id`)
    .map(({ stock }) => stock), [50, 7])
  t.strictSame((await lookAtLaws(sql)).filter(({ broken }) => broken > 0), [])
})
