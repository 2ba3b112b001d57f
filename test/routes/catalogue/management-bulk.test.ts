import t from 'tap'
import { openShop, refuses } from '../../helper.ts'

const url = '/api/v1/products'

t.test('PATCH of many products changes each on its own', async (t) => {
  const { call, sql } = await openShop(t)
  const answer = await call('PATCH', url, [
    { id: 31, stock: 7, price_cents: 150 }, { id: 999_999, stock: 1 }, { id: 2, price_cents: -1 },
    { id: 1, name: 'Renamed' }, { id: 3 }, { id: 4, colour: 'red' }, { id: 32, stock: null }, { id: 31, stock: 8 }
  ], { 'x-actor': 'Ada' })
  t.equal(answer.status, 200)
  t.match(answer.json.results, [
    { id: 31, status: 'changed' },
    { id: 999_999, status: 'refused', error: { code: 'PRODUCT_NOT_FOUND', detail: 'Product not found' } },
    { id: 2, status: 'refused', error: { code: 'INVALID_INPUT', detail: /price_cents must be >= 0/ } },
    { id: 1, status: 'changed' },
    { id: 3, status: 'refused', error: { code: 'INVALID_INPUT' } },
    { id: 4, status: 'refused', error: { code: 'INVALID_INPUT', detail: /colour is not known here/ } },
    { id: 32, status: 'changed' },
    { id: 31, status: 'changed' }
  ])
  t.equal(answer.json.results.length, 8)
  t.match((await call('GET', `${url}/31`)).json, { stock: 8, price_cents: 150 }, 'the later row of an id is the last')
  t.match((await call('GET', `${url}/1`)).json, { name: 'Renamed' })
  t.match((await call('GET', `${url}/32`)).json, { stock: null })
  const moved = await sql`select quantity, changed_by from products.stock_movements where product_id = 31
    order by movement_id desc limit 2`
  t.match(moved, [{ quantity: 1, changed_by: 'Ada' }, { quantity: 2, changed_by: 'Ada' }])
})

t.test('what is no list of products is a 400, and changes nothing', async (t) => {
  const { call } = await openShop(t)
  const row = { id: 1, name: 'Renamed' }
  for (const body of [
    {}, [], [row, 7], [row, { name: 'x' }], [row, { id: 'a', stock: 1 }], undefined,
    Array.from({ length: 1001 }, () => row)
  ]) refuses(t, await call('PATCH', url, body), 400, 'INVALID_INPUT')
  refuses(t, await call('PATCH', `${url}?limit=1`, [row]), 400, 'INVALID_INPUT')
  t.not((await call('GET', `${url}/1`)).json.name, 'Renamed')
  const most = Array.from({ length: 1000 }, (_, n) => ({ id: 1 + n % 5, price_cents: n }))
  t.equal((await call('PATCH', url, most)).json.results.length, 1000)
  t.equal((await call('GET', `${url}/5`)).json.price_cents, 999)
})
