import t from 'tap'
import { openShop, refuses, userId } from '../../helper.ts'
import { openLoader, SHOP } from '../../seeds/loader/loading.ts'

const RUN = [
  'javascript:alert(1)', 'JavaScript:alert(1)', ' javascript:alert(1)', 'java\tscript:alert(1)',
  '\u0001javascript:alert(1)', 'vbscript:x', 'file:///etc/passwd', 'data:text/html,x'
]
const SHOWN = ['https://example.com/T-1', 'HTTP://example.com', 'https://example.com/a:b?c=javascript:x']

t.test('a tracking link is http or https at every entrance, and where an older release took another, none',
  async (t) => {
    const { call, sql } = await openShop(t)
    const order = { user_id: userId(1), items: [{ product_id: 7 }] }
    const id = (await call('POST', '/orders', order)).json.data[0].order_id
    for (const url of [...RUN, '//example.com', 'example.com', '/T-1']) {
      for (const answer of [
        await call('POST', '/orders', { ...order, tracking_url: url }),
        await call('PATCH', `/orders/${id}`, { tracking_url: url })
      ]) {
        refuses(t, answer, 400, 'INVALID_INPUT')
        t.match(answer.json.errors, [{ field: 'tracking_url' }], JSON.stringify(url))
      }
      await sql`update orders.orders set tracking_url = ${url} where id = ${id}`
      t.match((await call('GET', `/orders/${id}`)).json.data, [{ tracking_url: null }])
      t.match((await call('GET', '/orders')).json.data.find(({ order_id: found }: any) => found === id), {
        tracking_url: null
      })
      t.match(
        (await call('GET', `/users/${userId(1)}/export`)).json.orders.find(({ order_id: found }: any) => found === id),
        { tracking_url: null }
      )
    }
    for (const url of SHOWN) {
      t.match((await call('PATCH', `/orders/${id}`, { tracking_url: url })).json.data, [{ tracking_url: url }])
    }
    for (const none of ['', null]) {
      t.match((await call('PATCH', `/orders/${id}`, { tracking_url: none })).json.data, [{ tracking_url: null }])
    }
  })

t.test('an image is on the web, a path, or the image itself', async (t) => {
  const { call } = await openShop(t)
  const make = async (url: string) => await call('POST', '/api/v1/products', {
    name: 'Rye', price_cents: 1, image_url: url
  })
  for (const url of RUN) refuses(t, await make(url), 400, 'INVALID_INPUT')
  for (const url of [
    ...SHOWN, '/images/rye.png', 'rye.png', '//images.example/rye.png', 'rye.png?at=10:00', 'data:image/png;base64,AAAA'
  ]) {
    t.equal((await make(url)).status, 201, url)
  }
})

t.test('a CSV row with a link that a browser would run is a reject', async (t) => {
  const { load, rejects } = await openLoader(t)
  const csv = (text: string) => `"${text}"`
  await load({
    ...SHOP,
    'departments_enriched.csv':
      `department_id,department,description,image_url\n${RUN.map((url, n) => `${n + 10},x,x,${csv(url)}\n`).join('')}`,
    'products_enriched/enriched_products_dept1.csv':
      `product_id,product_name,description,price,image_url\n${RUN.map((url) => `1,x,x,1,${csv(url)}\n`).join('')}`,
    'orders_demo.csv':
      'order_id,user_id,order_dow,order_hour_of_day,tracking_url\n' +
        `${RUN.map((url, n) => `${n + 20},7,1,1,${csv(url)}\n`).join('')}99,7,1,1,https://example.com\n`
  })
  for (const file of ['departments_enriched.csv', 'enriched_products_dept1.csv', 'orders_demo.csv']) {
    t.equal(
      (await rejects(file)).filter(([, reason]) => /(image|tracking)_url is no http or https URL/.test(reason!)).length,
      RUN.length, file
    )
  }
})

t.test('what is cut is cut by characters: half an emoji is no text', async (t) => {
  const { call } = await openShop(t)
  const order = { user_id: userId(1), items: [{ product_id: 7 }] }
  const actor = `${'x'.repeat(199)}\u{1f600}\u{1f600}`
  const bytes = (text: string) => ({ 'x-actor': Buffer.from(text).toString('latin1') })
  const { json } = await call('POST', '/orders', order, bytes(actor))
  t.match(json.data, [{ status_history: [{ changed_by: `${'x'.repeat(199)}\u{1f600}` }] }])
  const id = json.data[0].order_id
  t.match(await call('PATCH', `/orders/${id}`, { status: 'paid' }, bytes('\u{1f600}'.repeat(300))), {
    status: 200, json: { data: [{ status_history: [{}, { changed_by: '\u{1f600}'.repeat(200) }] }] }
  })
  // The schemas count the same way: as many emoji as letters.
  t.match(await call('PATCH', `/orders/${id}`, { note: 'x', changed_by: '\u{1f600}'.repeat(200) }), { status: 200 })
  refuses(t, await call('PATCH', `/orders/${id}`, { note: 'x', changed_by: '\u{1f600}'.repeat(201) }), 400,
    'INVALID_INPUT')
  t.match(await call('PATCH', '/api/v1/users/1', { full_name: '\u{1f600}'.repeat(255) }), { status: 200 })

  const { load, rejects } = await openLoader(t)
  await load({
    'users_demo.csv': `user_id,first_name,last_name,email_address\n1,A,B,${'x'.repeat(39)}\u{1f600}\u{1f600}\n`
  })
  t.strictSame((await rejects('users_demo.csv')).map(([, reason]) => reason), [
    `email_address is no email address: ${'x'.repeat(39)}\u{1f600}…`
  ])
})
