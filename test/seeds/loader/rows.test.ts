import t from 'tap'
import { counts, openLoader, SHOP } from './loading.ts'

const AISLES = 'aisle_id,aisle\n'

t.test('Values are kept as they stand', async (t) => {
  const { load, sql } = await openLoader(t)
  const names = [
    'C:\\temp\\new', '\\N', '\\.', 'tab\there', '  spaced ', '"6\\"" Carrot Cake"', 'Crème brûlée 🍮', 'two\nlines',
    'two\r\nlines', "O'Brien; --"
  ]
  const file = AISLES + names.map((name, n) => `${n + 1},"${name.replaceAll('"', '""')}"\n`).join('')
  t.same(counts(await load({ 'aisles.csv': file }), 'aisles.csv'), [names.length, 0, 0])
  t.same((await sql`select aisle_name from products.aisles order by aisle_id`).map((row) => row.aisle_name), names)
})

t.test('An empty cell is null, quoted or not', async (t) => {
  const { load, sql } = await openLoader(t)
  await load({ 'departments_enriched.csv': 'department_id,department,description,image_url\n1,frozen,,""\n' })
  t.same(await sql`select description, image_url from products.departments`, [{ description: null, image_url: null }])
})

t.test('A byte order mark, CRLF, blank lines, padded numbers and a missing line end are no faults', async (t) => {
  const { load, sql } = await openLoader(t)
  const report = await load({
    'aisles.csv': '\ufeff\r\n aisle_id ,AISLE\r\n\r\n 1 ,ice\r\n\r\n+02,"bread"\r\n3.0,fruit'
  })
  t.same(counts(report, 'aisles.csv'), [3, 0, 0])
  t.same(await sql`select aisle_id, aisle_name from products.aisles order by 1`,
    [{ aisle_id: 1, aisle_name: 'ice' }, { aisle_id: 2, aisle_name: 'bread' }, { aisle_id: 3, aisle_name: 'fruit' }])
})

t.test('A quote inside an unquoted cell means itself', async (t) => {
  const { load, sql } = await openLoader(t)
  const report = await load({
    'departments_enriched.csv':
      'department_id,department,description,image_url\n1,6" pan,"a, ""b""",\n2,"x",5" or 6",y\n'
  })
  t.same(counts(report, 'departments_enriched.csv'), [2, 0, 0])
  t.same(await sql`select department_name, description, image_url from products.departments order by department_id`, [
    { department_name: '6" pan', description: 'a, "b"', image_url: null },
    { department_name: 'x', description: '5" or 6"', image_url: 'y' }])
})

t.test('The line of a reject is the line in the file, whatever stands before it', async (t) => {
  const { load, rejects } = await openLoader(t)
  await load({ 'aisles.csv': `${AISLES}\n1,"two\nlines"\nx,"three\n\nlines, ""quoted"""\n2,ok\ny,last` })
  t.same(await rejects('aisles.csv'), [
    ['5', 'aisle_id is not a whole number: x', 'x,"three\n\nlines, ""quoted"""'],
    ['9', 'aisle_id is not a whole number: y', 'y,last']])
})

t.test('Rows that do not fit are rejected with their reason; the rest loads', async (t) => {
  const { load, rejects, sql } = await openLoader(t)
  const report = await load({
    'aisles.csv': Buffer.concat([
      Buffer.from(
        `${AISLES}1,ice\nx,name\n1.5,name\n0,name\n2000000001,name\n99999999999999999999,name\n-3,name\n,name\n2,\n` +
          '3\n4,a,b\n5,nul \0 byte\n6,latin '
      ),
      Buffer.from([0xe9]), Buffer.from('\n7,fine\n')
    ])
  })
  t.same(counts(report, 'aisles.csv'), [2, 0, 12])
  t.same((await rejects('aisles.csv')).map(([line, reason]) => `${line} ${reason}`), [
    '3 aisle_id is not a whole number: x',
    '4 aisle_id is not a whole number: 1.5',
    '5 aisle_id must be from 1 to 2000000000: 0',
    '6 aisle_id must be from 1 to 2000000000: 2000000001',
    '7 aisle_id must be from 1 to 2000000000: 99999999999999999999',
    '8 aisle_id must be from 1 to 2000000000: -3',
    '9 aisle_id is missing',
    '10 aisle is missing',
    '11 expected 2 cells, found 1',
    '12 expected 2 cells, found 3',
    '13 a NUL byte, which the database cannot store',
    '14 not UTF-8'])
  t.same((await sql`select aisle_id from products.aisles order by 1`).map((row) => row.aisle_id), [1, 7])
})

t.test('An unclosed quote costs its own line, not the rest of the file', async (t) => {
  const { load, rejects } = await openLoader(t)
  const rest = Array.from({ length: 5000 }, (_, n) => `${n + 10},aisle ${n}\n`).join('')
  t.same(counts(await load({ 'aisles.csv': `${AISLES}1,"ice\n2,bread\n${rest}` }), 'aisles.csv'), [5001, 0, 1],
    'with no quote after it')
  t.same((await rejects('aisles.csv')), [['2', 'a quoted cell is not closed properly', '1,"ice']])
  const later = `${AISLES}1,"ice\n2,"bread"\n3,"a "b" c"\n4,"6\\" cake"\n5,"fine, too"\n6,end`
  t.same(counts(await load({ 'aisles.csv': later }), 'aisles.csv'), [2, 1, 3], 'with quotes after it')
  t.same((await rejects('aisles.csv')).map(([line]) => line), ['2', '4', '5'])
})

t.test('A line of megabytes is rejected in bounded memory, and cut in the report', async (t) => {
  const { load, rejects } = await openLoader(t)
  const report = await load({
    'aisles.csv':
      `${AISLES}1,${'x'.repeat(3 << 20)}\n2,${'y'.repeat(500_000)}\n3,"${`${'z'.repeat(999)}\n`.repeat(2000)}\n4,end\n`
  })
  t.same(counts(report, 'aisles.csv').slice(0, 1), [2], 'half a megabyte is fine')
  const [first, second] = await rejects('aisles.csv')
  t.match(first, ['2', 'the line is longer than 1 MiB'])
  t.ok(first![2]!.length < 100_000)
  t.match(second, ['4', 'a quoted cell is not closed properly', /^3,"z+$/])
})

t.test('Rows are found wherever the chunks of reading end', async (t) => {
  const { load, sql } = await openLoader(t)
  // Longer than several chunks of 256 KiB, with everything that may be cut in two.
  const cell = '"a ""quoted"" cell,\r\nwith ünïcödé 🍮 \\ and more"'
  const file = `aisle_id,aisle\r\n${Array.from({ length: 20_000 }, (_, n) => `${n + 1},${cell}\r\n`).join('')}`
  t.same(counts(await load({ 'aisles.csv': file }), 'aisles.csv'), [20_000, 0, 0])
  t.same(await sql`select distinct aisle_name from products.aisles`, [
    { aisle_name: 'a "quoted" cell,\r\nwith ünïcödé 🍮 \\ and more' }
  ])
})

t.test('A later row with the same key replaces the earlier one; one that is rejected replaces nothing', async (t) => {
  const { load, sql } = await openLoader(t)
  const report = await load({
    ...SHOP,
    'products.csv':
      'product_id,product_name,aisle_id,department_id\n1,First,1,1\n1,Second,2,2\n2,Other,,\n3,Bun,2,2\n1,Third,9,2\n'
  })
  t.same(counts(report, 'products.csv'), [3, 1, 1])
  t.same(
    await sql`select product_name, aisle_id, department_id from products.products where product_id < 3
      order by product_id`,
    [
      { product_name: 'Second', aisle_id: 2, department_id: 2 },
      { product_name: 'Other', aisle_id: null, department_id: null }
    ]
  )
})

t.test('Unknown departments, aisles and products, and prices that are none', async (t) => {
  const { load, rejects, sql } = await openLoader(t)
  await load({
    ...SHOP,
    'departments.csv': `${SHOP['departments.csv']}3,Frozen\n`,
    'products.csv': `${SHOP['products.csv']}4,No department,1,9\n5,No aisle,9,1\n`,
    'products_enriched/enriched_products_dept3.csv':
      'product_id,price\n9,1\n3,-1\n3,cheap\n3,1.999\n3,100000000\n3,1e3\n3,NaN\n3,\n3,07.500\n'
  })
  t.same(await sql`select department_id from products.departments where lower(department_name) = 'frozen' order by 1`,
    [{ department_id: 1 }, { department_id: 3 }], 'two departments may share a name')
  t.same((await rejects('products.csv')).map(([, reason]) => reason), [
    'there is no department 9', 'there is no aisle 9'
  ])
  t.same((await rejects('enriched_products_dept3.csv')).map(([line, reason]) => `${line} ${reason}`), [
    '2 there is no product 9', '3 price must not be negative: -1', '4 price is not a number: cheap',
    '5 price has more than 2 decimals: 1.999', '6 price must be at most 99999999.99: 100000000',
    '7 price is not a number: 1e3', '8 price is not a number: NaN'])
  t.same(await sql`select price from products.product_enriched where product_id = 3`, [{ price: 7.5 }])
})
