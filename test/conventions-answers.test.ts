import t from 'tap'
import { refuses, userId } from './helper.ts'
import { legacyPath, openWalk, propertiesOf } from './operations.ts'

t.setTimeout(120_000)

const ADMIN = { 'x-user-id': 'walker', 'x-user-email': 'walker@example.com', 'x-user-role': 'admin' }

t.test('one resource has an ETag, and If-None-Match gets a 304', async (t) => {
  const { operations, ask, app } = await openWalk(t)
  const found: string[] = []
  for (const operation of operations.filter(
    ({ method, template }) => method === 'GET' && !template.endsWith('/invoice')
  )) {
    for (const path of [operation.path, legacyPath(operation)].filter((path) => path !== undefined)) {
      const { status, headers: { etag }, text, headers } = await ask('GET', path)
      if (path === operation.path) {
        t.equal(etag !== undefined, operation.statuses.includes('304'),
          `${path}: a 304 in the document where there is an ETag`)
      }
      if (etag === undefined) continue
      found.push(path)
      t.equal(status, 200)
      t.match(etag, /^"[^"]+"$/, `${path}: a strong ETag`)
      for (const known of [etag, `W/${etag}`, `"x", ${etag}`, `"a,b",W/${etag}`, '*']) {
        for (const method of ['GET', 'HEAD'] as const) {
          const answer = await app.inject({ method, url: path, headers: { ...ADMIN, 'if-none-match': known } })
          t.match(answer,
            {
              statusCode: 304,
              payload: '',
              headers: { etag, 'cache-control': headers['cache-control'], 'x-request-id': String }
            },
            `${method} ${path}: ${known}`)
        }
      }
      for (const other of ['"x"', 'x', '""', etag.slice(1, -1)]) {
        t.match(await ask('GET', path, undefined, { 'if-none-match': other }),
          { status: 200, text, headers: { etag } }, `${path}: ${other}`)
      }
    }
  }
  const named = found.map((path) => path.replace(/\/[0-9][^/]*|\/ORD-[^/]*/, '/…')).join(' ')
  for (const prefix of ['', '/legacy', '/api/v1', '/api']) {
    for (const kind of prefix === '/api/v1'
      ? [
          'users', 'orders', 'products'
        ]
      : ['users', 'carts', 'orders', 'products']) {
      t.ok(` ${named} `.includes(` ${prefix}/${kind}/… `), `${prefix}/${kind}`)
    }
  }
})

t.test('an ETag moves with what it stands for', async (t) => {
  const { ask, call, sql } = await openWalk(t)
  const tags = async () => await Promise.all(['/products/1', '/api/products/1', '/api/v1/products/1'].map(
    async (path) => (await ask('GET', path)).headers.etag
  ))
  const changes: [string, () => Promise<unknown>, boolean[]][] = [
    ['a price', async () => await call('PATCH', '/api/v1/products/1', { price_cents: 777 }), [true, true, true]],
    [
      'a department’s name, by a load',
      async () => await sql`update products.departments set department_name = 'Frost'`, [true, true, false]
    ],
    ['a stock', async () => await call('PATCH', '/api/v1/products/1', { stock: 7 }), [false, true, true]]
  ]
  for (const [what, change, moves] of changes) {
    const before = await tags()
    await change()
    t.same((await tags()).map((tag, n) => tag !== before[n]), moves, what)
  }
})

t.test('what names a person is stored nowhere; the catalogue is asked for again', async (t) => {
  const { operations, ask, call } = await openWalk(t)
  for (const { method, path, template } of operations.filter(({ method }) => method === 'GET')) {
    const isCatalogue = /^(\/api(\/v1)?)?\/(products|departments|aisles)\b/.test(template)
    t.equal((await ask(method, path)).headers['cache-control'],
      isCatalogue && !path.endsWith('/export') ? 'no-cache' : 'no-store', path)
  }
  t.equal((await call('GET', '/legacy/products/1')).headers['cache-control'], 'no-cache')
  t.equal((await call('GET', `/legacy/users/${userId(1)}`)).headers['cache-control'], 'no-store')
})

t.test('times come in one form', async (t) => {
  const { operations, ask, sql, app } = await openWalk(t)
  await ask('PATCH', `/orders/${(await sql`select id from orders.orders`)[0]!.id}`, { status: 'paid', note: 'x' })
  let seen = 0
  for (const operation of operations.filter(({ method }) => method === 'GET')) {
    for (const path of [operation.path, legacyPath(operation)].filter((path) => path !== undefined)) {
      for (const [, time] of (await ask('GET', path)).text.matchAll(/"(\d{4}-\d\d-\d\d[T ][^"]*)"/g)) {
        t.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\+00:00$/, path)
        seen++
      }
    }
  }
  t.ok(seen > 30, `${seen} times`)
  await app.events.register('somebody')
  // Somebody with a time zone of their own, on the database itself.
  await sql.begin(async (session) => {
    await session`set local timezone = 'Asia/Kathmandu'`
    await session`update orders.orders set status = 'confirmed'`
  })
  const [event] =
    await sql`select payload ->> 'occurred_at' as time, abs(extract(epoch
      from now() - (payload ->> 'occurred_at')::timestamptz)) < 60 as is_now from orders.outbox`
  t.match(event, { time: /\+00:00$/, is_now: true }, 'in events, too')
})

/** What comes in, and what it is in UTC; null: refused. */
const TIMES: [string, string | null][] = [
  ['2031-05-05T10:00', '2031-05-05T10:00:00+00:00'], ['2031-05-05T10:00:00', '2031-05-05T10:00:00+00:00'],
  ['2031-05-05 10:00:00.5', '2031-05-05T10:00:00.5+00:00'],
  ['2031-05-05t10:00z', '2031-05-05T10:00:00+00:00'], ['2031-05-05T10:00+02:00', '2031-05-05T08:00:00+00:00'],
  ['2031-05-05T10:00:00-0130', '2031-05-05T11:30:00+00:00'],
  ['2031-05-05T10:00:00+05', '2031-05-05T05:00:00+00:00'], ['2031-05-05', '2031-05-05T00:00:00+00:00'],
  ['2031-05-05T10:00:00.123456789Z', '2031-05-05T10:00:00.123457+00:00'],
  ['0001-01-01', '0001-01-01T00:00:00+00:00'], ['0001-01-01T14:00:00+14:00', '0001-01-01T00:00:00+00:00'],
  ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999+00:00'],
  ['0001-01-01T00:00:00+14:00', null], ['0001-01-01T13:59:59+14:00', null], ['0000-01-01', null],
  ['9999-12-31T23:00-14:00', null], ['9999-12-31T23:59:59.9999999Z', null],
  ['10000-01-01', null], ['2023-02-30', null], ['2026-13-01', null], ['2026-01-01T24:00:00Z', null],
  ['2026-06-30T23:59:60Z', null], ['2026-01-01T10', null], ['2026-01-01T10:00+99:00', null],
  ['infinity', null], ['now', null], ['tomorrow', null], ['', null], ['20260101', null],
  ['2026-01-01T10:00:00 02:00', null]
]

t.test('times go in with and without an offset, with and without seconds, in the years 1 to 9999', async (t) => {
  const { operations, ask } = await openWalk(t)
  const queries = operations.flatMap(
    ({ path, query, needed }) => query.filter(({ schema }) => schema.format === 'timestamp')
      .map(({ name }) => ({ path, needed, name }))
  )
  t.same(queries.map(({ path, name }) => `${path} ${name}`).sort(), [
    '/api/v1/orders end_date', '/api/v1/orders start_date', '/api/v1/orders/export end_date',
    '/api/v1/orders/export start_date', '/api/v1/orders/summary end_date', '/api/v1/orders/summary start_date',
    '/orders from', '/orders to'
  ])
  const bodies = operations.flatMap(({ method, path, body, example }) => [...propertiesOf(body ?? {})]
    .filter(({ property }) => property.format === 'timestamp')
    .map(({ name }) => ({ method, path, name, example: example as object })))
  t.ok(bodies.length >= 5, bodies.map(({ method, path }) => `${method} ${path}`).join())
  for (const [time, utc] of TIMES) {
    for (const { path, needed, name } of queries) {
      const answer = await ask('GET', `${path}?${needed}${name}=${encodeURIComponent(time)}`)
      t.equal(answer.status, utc === null ? 400 : 200, `${path}?${name}=${time}`)
      if (utc === null) t.match(answer.json.errors, [{ field: name }])
    }
    for (const { method, path, name } of bodies.filter(({ method }) => method === 'PUT')) {
      const answer = await ask(method, path, { [name]: time })
      if (utc === null) {
        t.match(answer, { status: 400, json: { errors: [{ field: name }] } }, `${method} ${path} ${time}`)
      } else {
        t.match(answer, { status: 200, json: { [name]: utc } }, `${method} ${path} ${time}`)
      }
    }
  }
})

t.test('a page has 1 to 100 entries, behind no fewer than 0, and tells exactly of how many', async (t) => {
  const { operations, ask } = await openWalk(t)
  // The feed of events has no end, and so no total and no offset.
  const lists = operations.filter(({ path, query }) => path !== '/events' && query.some(({ name }) => name === 'limit'))
  t.ok(lists.length >= 10)
  for (const { path, query } of lists) {
    const second = query.some(({ name }) => name === 'page') ? 'page' : 'offset'
    for (const faulty of [
      'limit=0', 'limit=101', 'limit=-1', 'limit=x', 'limit=', 'limit=1.5', 'limit=1&limit=2', `${second}=-1`,
      `${second}=x`, `${second}=99999999999`
    ]) {
      refuses(t, await ask('GET', `${path}?${faulty}`), 400, 'INVALID_INPUT')
    }
    const { json } = await ask('GET', `${path}?limit=1`)
    const entries = Object.values(json).find(Array.isArray)!
    const total = json.total ?? json.pagination.total
    t.ok(Number.isInteger(total) && total >= entries.length && entries.length <= 1, `${path}: ${total}`)
  }
})
