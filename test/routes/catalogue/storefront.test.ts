import t from 'tap'
import { openShop, refuses } from '../../helper.ts'

t.test('the catalogue as a shop front shows it', async (t) => {
  const { call, sql } = await openShop(t)
  await sql`update products.inventory set stock = 0 where product_id = 32`
  const list = async (query = '') => (await call('GET', `/api/products${query}`)).json
  const ids = async (query: string) => (await list(query)).products.map(({ id }: { id: string }) => Number(id))
  const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n)

  await t.test('one product', async (t) => {
    const { json, headers } = await call('GET', '/api/products/31')
    t.strictSame(json, {
      _id: '31',
      id: '31',
      name: 'Product 31',
      description: 'About product 31',
      price: 31.99,
      sku: 'SKU-31',
      category: 'bakery',
      images: ['https://example.com/31.png'],
      stock: 5
    })
    await sql`update products.inventory set stock = 4 where product_id = 31`
    t.not((await call('GET', '/api/products/31')).headers.etag, headers.etag, 'the stock is part of what is shown')
    await sql`update products.inventory set stock = 5 where product_id = 31`
    t.match((await call('GET', '/api/products/40')).json, { price: null, images: [], stock: null, description: null },
      'without price and picture, stock not tracked')
    refuses(t, await call('GET', '/api/products/900'), 404, 'PRODUCT_NOT_FOUND')
    for (const id of ['x', '-1', '1.5', '99999999999']) {
      refuses(t, await call('GET', `/api/products/${id}`), 400, 'INVALID_INPUT')
    }
  })

  await t.test('pages', async (t) => {
    t.match(await list(), { pagination: { page: 1, limit: 20, total: 40, pages: 2 } })
    t.strictSame(await ids('?page=2'), numbers(21, 40))
    t.strictSame(await ids('?page=2&limit=7'), numbers(8, 14))
    t.match((await list('?page=6&limit=7')).pagination, { total: 40, pages: 6 })
    t.strictSame(await list('?page=99'), { products: [], pagination: { page: 99, limit: 20, total: 40, pages: 2 } })
    t.strictSame(Object.keys((await list()).products[0])[0], '_id')
    for (const query of [
      '?page=0', '?limit=0', '?limit=101', '?page=x', '?minPrice=-1', '?maxPrice=x', '?inStock=maybe'
    ]) {
      refuses(t, await call('GET', `/api/products${query}`), 400, 'INVALID_INPUT')
    }
  })

  await t.test('filters, each and together, with exact totals', async (t) => {
    const cases: [string, number[]][] = [
      ['search=CT%204', [4, 14, 24, 34, 40]],
      ['search=%25', []],
      ['category=BAKERY', numbers(1, 40).filter((n) => n % 3 === 1)],
      ['category=nothing', []],
      ['category=', numbers(1, 40)],
      ['minPrice=37.99', [37, 38, 39]],
      ['maxPrice=2.98', [1]],
      ['minPrice=3&maxPrice=5', [3, 4]],
      ['minPrice=5&maxPrice=3', []],
      ['inStock=true', numbers(1, 40).filter((n) => n !== 32)],
      ['inStock=false', numbers(1, 40)],
      ['inStock=true&search=product%203', [3, 13, 23, 30, 31, 33, 34, 35, 36, 37, 38, 39]],
      ['inStock=true&minPrice=31&maxPrice=34', [31, 33]],
      ['inStock=true&category=produce', numbers(1, 40).filter((n) => n % 3 === 2 && n !== 32)],
      ['inStock=true&category=produce&minPrice=28&maxPrice=36', [29, 35]],
      ['inStock=true&category=produce&minPrice=28&maxPrice=36&search=product', [29, 35]],
      ['category=produce&minPrice=28&maxPrice=36&search=product', [29, 32, 35]]
    ]
    for (const [query, expected] of cases) {
      t.strictSame(await ids(`?limit=100&${query}`), expected, query)
      const { pagination } = await list(`?limit=1&${query}`)
      t.strictSame(pagination, { page: 1, limit: 1, total: expected.length, pages: expected.length },
        `${query}: the total`)
    }
  })
})
