import t, { type Test } from 'tap'
import { openShop, refuses, type Answer, type Shop } from '../../helper.ts'

// The fixture: products 1 to 40; product n is in department n % 3 + 1 (frozen, bakery, produce) and aisle n % 4 + 1,
// and costs n.99. Product 40 has no price.
const ALL = Array.from({ length: 40 }, (_, index) => index + 1)
const DEPARTMENTS = ['frozen', 'bakery', 'produce', 'empty']
const AISLES = ['ice', 'bread', 'fruit', 'vegetables']

const ids = (answer: Answer): number[] => answer.json.products.map(
  (product: { product_id: number }) => product.product_id
)
const query = (parameters: Record<string, string | string[]>): string =>
  new URLSearchParams(Object.entries(parameters)
    .flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, one]))).toString()

/** Checks that a filter finds exactly these products: on one page, in pages of 3, by cursor, and in number. */
async function finds (
  t: Test, shop: Shop, filter: Record<string, string | string[]>, expected: number[]
): Promise<void> {
  const page = await shop.call('GET', `/products?${query({ ...filter, limit: '100' })}`)
  t.equal(page.status, 200)
  t.same(ids(page), expected, `${query(filter)} finds the right products`)
  t.match(page.json, {
    total: expected.length, limit: 100, offset: 0, has_next: false, has_prev: false, next_cursor: null
  })

  const walked: number[] = []
  let cursor: string | null = null
  do {
    const next: Answer = await shop.call('GET',
      `/products?${query({ ...filter, limit: '3', ...cursor !== null && { cursor } })}`)
    t.equal(next.json.total, expected.length, 'the total is exact on every page')
    walked.push(...ids(next))
    cursor = next.json.next_cursor
  } while (cursor !== null)
  t.same(walked, expected, 'the cursor walks over the same, to the end')

  const skipped = await shop.call('GET', `/products?${query({ ...filter, limit: '3', offset: '1' })}`)
  t.same(ids(skipped), expected.slice(1, 4), 'offset skips')
  t.match(skipped.json, { total: expected.length, has_next: expected.length > 4, has_prev: true })
}

t.test('the catalogue', async (t) => {
  const shop = await openShop(t)

  await t.test('a page of 25 products by id, each with department, aisle, description, price and picture',
    async (t) => {
      const page = await shop.call('GET', '/products')
      t.same(ids(page), ALL.slice(0, 25))
      t.match(page.json, { total: 40, limit: 25, offset: 0, has_next: true, has_prev: false })
      t.same(page.json.products[6], {
        product_id: 7,
        product_name: 'Product 7',
        department_id: 2,
        department_name: 'bakery',
        aisle_id: 4,
        aisle_name: 'vegetables',
        description: 'About product 7',
        price: 7.99,
        image_url: 'https://example.com/7.png'
      })
    })

  await t.test('paging: the next page, the last, one past the end', async (t) => {
    const second = await shop.call('GET', '/products?limit=15&offset=15')
    t.same(ids(second), ALL.slice(15, 30))
    t.match(second.json, { has_next: true, has_prev: true })
    const last = await shop.call('GET', '/products?limit=15&offset=30')
    t.same(ids(last), ALL.slice(30))
    t.match(last.json, { total: 40, has_next: false, has_prev: true, next_cursor: null })
    const beyond = await shop.call('GET', '/products?limit=15&offset=1000')
    t.match(beyond.json, { products: [], total: 40, has_next: false, has_prev: true, next_cursor: null })
    const beyondFiltered = await shop.call('GET', '/products?limit=15&offset=13&categories=frozen')
    t.match(beyondFiltered.json, { products: [], total: 13, has_next: false, has_prev: true, next_cursor: null })
    const exact = await shop.call('GET', '/products?limit=40')
    t.match(exact.json, { has_next: false, next_cursor: null }, 'a page that is just full is the last')
  })

  await t.test('every combination of filters finds what all of them allow', async (t) => {
    const filters: [Record<string, string | string[]>, (n: number) => boolean][] = [
      [{ categories: ['frozen', 'bakery'] }, (n) => n % 3 !== 2],
      [{ department_id: '2' }, (n) => n % 3 === 1], [{ aisle_id: '4' }, (n) => n % 4 === 3],
      [{ min_price: '5.99' }, (n) => n >= 5 && n < 40],
      [{ max_price: '31.98' }, (n) => n <= 30],
      [{ q: 'ODUCT 3' }, (n) => String(n).includes('3')]
    ]
    for (let chosen = 0; chosen < 2 ** filters.length; chosen++) {
      const some = filters.filter((_, place) => chosen & 1 << place)
      await finds(t, shop, Object.assign({}, ...some.map(([filter]) => filter)),
        ALL.filter((n) => some.every(([, fits]) => fits(n))))
    }
  })

  await t.test('categories: in any case, one or several, unknown ones find nothing', async (t) => {
    await finds(t, shop, { categories: 'FroZen' }, ALL.filter((n) => n % 3 === 0))
    await finds(t, shop, { categories: ['PRODUCE', 'frozen', 'frozen'] }, ALL.filter((n) => n % 3 !== 1))
    await finds(t, shop, { categories: ['produce', 'nothing of the kind'] }, ALL.filter((n) => n % 3 === 2))
    await finds(t, shop, { categories: 'nothing of the kind' }, [])
    await finds(t, shop, { categories: 'empty' }, [])
  })

  await t.test('prices: bounds belong to the range, a product without a price is in none', async (t) => {
    await finds(t, shop, { min_price: '7.99', max_price: '9.99' }, [7, 8, 9])
    await finds(t, shop, { min_price: '8', max_price: '8.5' }, [])
    await finds(t, shop, { min_price: '0' }, ALL.slice(0, 39))
    await finds(t, shop, { min_price: '9', max_price: '3' }, [])
  })

  await t.test('an empty text searches for nothing: every product fits', async (t) => {
    await finds(t, shop, { q: '' }, ALL)
  })

  await t.test('one product, with an ETag that moves with its data; one without a price says null', async (t) => {
    const seven = await shop.call('GET', '/products/7')
    t.match(seven, { status: 200, json: { product_id: 7, product_name: 'Product 7', price: 7.99 } })
    t.match(seven.headers.etag, /^"[^"]+"$/)
    t.equal((await shop.call('GET', '/products/7')).headers.etag, seven.headers.etag)
    t.not((await shop.call('GET', '/products/8')).headers.etag, seven.headers.etag)
    await shop.sql`update products.product_enriched set description = 'New text' where product_id = 7`
    const changed = await shop.call('GET', '/products/7')
    t.match(changed.json, { description: 'New text' })
    t.not(changed.headers.etag, seven.headers.etag)
    t.match((await shop.call('GET', '/products/40')).json, { price: null, description: null, image_url: null })
    t.match((await shop.call('GET', '/products?limit=1&offset=39')).json.products, [{ product_id: 40, price: null }])
  })

  await t.test('an unknown product is a 404, a malformed id a 400', async (t) => {
    for (const id of ['41', '0', '2147483647']) {
      refuses(t, await shop.call('GET', `/products/${id}`), 404, 'PRODUCT_NOT_FOUND', 'Product not found')
    }
    for (const id of ['abc', '1.5', '-1', '2147483648', '99999999999999999999', '1%00']) {
      refuses(t, await shop.call('GET', `/products/${id}`), 400, 'INVALID_INPUT')
    }
  })

  await t.test('invalid input is a 400 that names the field', async (t) => {
    const faults: [string, string][] = [
      ['limit=0', 'limit'], ['limit=101', 'limit'], ['limit=ten', 'limit'], ['limit=1.5', 'limit'],
      ['offset=-1', 'offset'],
      ['offset=99999999999', 'offset'], ['department_id=one', 'department_id'],
      ['department_id=3000000000', 'department_id'],
      ['aisle_id=-1', 'aisle_id'], ['min_price=cheap', 'min_price'], ['min_price=-1', 'min_price'],
      ['max_price=Infinity', 'max_price'], ['max_price=NaN', 'max_price'], [`q=${'x'.repeat(256)}`, 'q'],
      [`categories=${'x'.repeat(256)}`, 'categories.0'], ['q=a%00b', 'q'],
      ['categories=a&categories=b%00', 'categories.1']
    ]
    for (const [faulty, field] of faults) {
      const answer = await shop.call('GET', `/products?${faulty}`)
      refuses(t, answer, 400, 'INVALID_INPUT')
      t.match(answer.json.errors, [{ field, message: /./ }], faulty.slice(0, 40))
    }
    const both = await shop.call('GET', '/products?limit=0&offset=-1')
    t.same(both.json.errors.map(({ field }: { field: string }) => field).sort(), ['limit', 'offset'],
      'all faults at once')
  })

  await t.test('a cursor that is none of ours is a 400', async (t) => {
    for (const cursor of [
      '', 'x', 'abc', '1', '%00', Buffer.from('p1; select').toString('base64url'), 'A'.repeat(200)
    ]) {
      const answer = await shop.call('GET', `/products?cursor=${cursor}`)
      t.match(answer, { status: 400, json: { code: /^INVALID_(CURSOR|INPUT)$/ } }, JSON.stringify(cursor))
    }
    const beyond = Buffer.from('p9999999999').toString('base64url')
    t.equal((await shop.call('GET', `/products?cursor=${beyond}`)).status, 400, 'an id beyond all ids')
  })

  await t.test('unknown parameters are named', async (t) => {
    const answer = await shop.call('GET', '/products?limit=2&colour=red&size=1')
    refuses(t, answer, 400, 'INVALID_INPUT')
    t.same(answer.json.errors.map(({ field }: { field: string }) => field), ['colour', 'size'])
  })
})

t.test('departments and aisles with the number of their products', async (t) => {
  const shop = await openShop(t)
  const departments = await shop.call('GET', '/departments')
  t.same(departments.json.departments, DEPARTMENTS.map((name, place) => ({
    department_id: place + 1,
    department_name: name,
    product_count: ALL.filter((n) => n % 3 === place).length,
    description: place === 0 ? 'Frozen foods' : null,
    image_url: place === 0 ? 'https://example.com/frozen.png' : null
  })))
  const aisles = await shop.call('GET', '/aisles')
  t.same(aisles.json.aisles,
    AISLES.map((name, place) => ({ aisle_id: place + 1, aisle_name: name, product_count: 10 })))

  await shop.sql`insert into products.products (product_name, department_id, aisle_id) values ('New', 4, 1), ('Newer',
    null, null)`
  await shop.sql`update products.products set department_id = 4 where product_id in (3, 6)`
  await shop.sql`delete from products.products where product_id = 9`
  const counts = (await shop.call('GET', '/departments')).json.departments.map(
    (row: { product_count: number }) => row.product_count
  )
  t.same(counts, [10, 14, 13, 3], 'the numbers follow every change')
  t.same((await shop.call('GET', '/aisles')).json.aisles.map((row: { product_count: number }) => row.product_count), [
    11, 9, 10, 10
  ])
  const page = await shop.call('GET', '/products?limit=100')
  t.equal(page.json.total, 41)
  t.match(page.json.products.at(-1), {
    product_name: 'Newer', department_id: null, department_name: null, aisle_name: null
  })
})

t.test('search', async (t) => {
  const shop = await openShop(t)
  const names = ['100% juice', 'snake_case', 'back\\slash', 'plain', 'Crème Brûlée 🍮', '50%_\\all']
  await shop.sql`insert into products.products (product_id, product_name) select 100 + n, name
    from unnest(${names}::text[]) with ordinality as given (name, n)`

  await t.test('takes %, _ and backslash as they are', async (t) => {
    await finds(t, shop, { q: '%' }, [101, 106])
    await finds(t, shop, { q: '_' }, [102, 106])
    await finds(t, shop, { q: '\\' }, [103, 106])
    await finds(t, shop, { q: '%_\\' }, [106])
    await finds(t, shop, { q: 's%e' }, [])
    await finds(t, shop, { q: "'" }, [])
  })

  await t.test('finds any part of a name in any case, beyond ASCII too', async (t) => {
    await finds(t, shop, { q: 'LAI' }, [104])
    await finds(t, shop, { q: 'CRÈME' }, [105])
    await finds(t, shop, { q: '🍮' }, [105])
    await finds(t, shop, { q: 'pRoDuCt 39' }, [39])
    await finds(t, shop, { q: ' ' }, [...ALL, 101, 102, 103, 104, 105, 106])
  })

  await t.test('finds names that contain every word, in any order, without accents', async (t) => {
    await finds(t, shop, { q: 'brulee  CREME' }, [105])
    await finds(t, shop, { q: '39 product', min_price: '1', categories: 'frozen' }, [39])
    await finds(t, shop, { q: '38 product', categories: 'frozen' }, [])
  })

  await t.test('where no name does, the nearest come, the nearest first', async (t) => {
    const near = await shop.call('GET', '/products?q=produkt%207&limit=2')
    t.match(near.json, { products: [{ product_id: 7 }, {}], total: 40, has_next: true, next_cursor: null })
    t.match((await shop.call('GET', '/products?q=produkt%207&limit=100&department_id=2')).json, {
      products: [{ product_id: 7 }], total: 14
    })
    t.match((await shop.call('GET', '/products?q=snake_cass')).json, { products: [{ product_id: 102 }], total: 1 })
  })

  await t.test('never looks into other columns', async (t) => {
    for (const q of ['About', 'SKU-1']) await finds(t, shop, { q }, [])
  })
})
