import t from 'tap'
import { openShop, refuses } from '../../helper.ts'

const base = '/api/v1/products/export'

t.test('GET /api/v1/products/export', async (t) => {
  const { call, sql } = await openShop(t)
  await sql`update products.products set product_name = '=HYPERLINK("https://example.com")' where product_id = 2`
  const csv = await call('GET', base)
  const lines = csv.text.split('\r\n')
  t.same([lines.length, lines[0], lines[1], lines[2], lines[31], lines[40], lines[41]], [
    42, 'id,name,price_cents,stock', '1,Product 1,199,', '2,"\'=HYPERLINK(""https://example.com"")",299,',
    '31,Product 31,3199,5', '40,Product 40,,', ''
  ])
  t.match(csv.headers['content-disposition'], /^attachment; filename="products-.*\.csv"$/)
  t.same((await call('GET', `${base}?format=ndjson&q=product 3`)).text.split('\n').slice(0, -1)
    .map((line) => JSON.parse(line)), (await call('GET', '/api/v1/products?q=product 3')).json.items)
  t.equal((await call('GET', `${base}?q=nothing of the kind`)).text, 'id,name,price_cents,stock\r\n')
  t.equal((await call('GET', `${base}?q=nothing of the kind&format=ndjson`)).text, '')
  refuses(t, await call('GET', `${base}?in_stock=true`), 400, 'INVALID_INPUT')

  await sql`insert into products.products (product_id, product_name) select n, 'N' from generate_series(41, 1500) n`
  const ids = (await call('GET', base)).text.split('\r\n').slice(1, -1).map((line) => Number(line.split(',')[0]))
  t.same(ids, Array.from({ length: 1500 }, (_, index) => index + 1), 'more than a batch: each once')
})
