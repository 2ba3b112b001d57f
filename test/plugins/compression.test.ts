import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { openShop, userId } from '../helper.ts'

const GZIP = { 'accept-encoding': 'gzip, deflate, br' }

t.test('what never changes is made once, with an ETag, a 304 and a compressed form', async (t) => {
  const { app } = await openShop(t)
  for (const url of ['/openapi.json', '/redoc/redoc.standalone.js']) {
    const plain = await app.inject({ url, headers: { 'accept-encoding': 'identity' } })
    const gzipped = await app.inject({ url, headers: GZIP })
    t.match(plain, {
      statusCode: 200,
      headers: { etag: /^"[^"]+"$/, vary: /Accept-Encoding/, 'content-length': String(plain.rawPayload.length) }
    })
    t.match(gzipped, {
      statusCode: 200, headers: { etag: /^"[^"]+"$/, vary: /Accept-Encoding/, 'content-encoding': 'gzip' }
    })
    t.notOk('content-encoding' in plain.headers)
    t.not(plain.headers.etag, gzipped.headers.etag, 'other bytes have another tag')
    t.ok(gunzipSync(gzipped.rawPayload).equals(plain.rawPayload), 'the same document')
    t.ok(gzipped.rawPayload.length * 3 < plain.rawPayload.length,
      `${gzipped.rawPayload.length} of ${plain.rawPayload.length} bytes`)
    for (const [form, headers] of [[plain, {}], [gzipped, GZIP]] as const) {
      const again = await app.inject({ url, headers: { ...headers, 'if-none-match': `"other", ${form.headers.etag}` } })
      t.match(again, { statusCode: 304, payload: '', headers: { etag: form.headers.etag, vary: 'Accept-Encoding' } })
      t.notOk('content-encoding' in again.headers)
    }
  }

  const cost = async (work: () => unknown) => {
    const since = process.cpuUsage()
    for (let n = 0; n < 20; n++) await work()
    return process.cpuUsage(since).user
  }
  const writing = await cost(() => JSON.stringify(app.swagger()))
  const sending = await cost(async () => await app.inject({ url: '/openapi.json', headers: GZIP }))
  t.ok(sending < writing, `sending takes ${sending} µs of CPU, writing alone ${writing}`)
})

t.test('a large answer is compressed where that is asked for', async (t) => {
  const { app, sql } = await openShop(t)
  await sql`update products.product_enriched set description = repeat('An apple a day keeps the doctor away. ', 40)`
  const url = '/products?limit=40'
  const plain = await app.inject(url)
  const gzipped = await app.inject({ url, headers: GZIP })
  t.match(plain.headers, { vary: /Accept-Encoding/ })
  t.notOk('content-encoding' in plain.headers)
  t.match(gzipped, { statusCode: 200, headers: { 'content-encoding': 'gzip', vary: /Accept-Encoding/ } })
  t.equal(gunzipSync(gzipped.rawPayload).toString(), plain.payload)
  t.ok(gzipped.rawPayload.length * 5 < plain.rawPayload.length,
    `${gzipped.rawPayload.length} of ${plain.rawPayload.length} bytes`)
  for (const refused of ['gzip;q=0', 'identity', 'br', '*;q=0', 'gzip; q=0.0, *']) {
    t.notOk('content-encoding' in (await app.inject({ url, headers: { 'accept-encoding': refused } })).headers, refused)
  }
  for (const taken of ['*', 'GZIP', 'br;q=1, gzip;q=0.5']) {
    t.equal((await app.inject({ url, headers: { 'accept-encoding': taken } })).headers['content-encoding'], 'gzip',
      taken)
  }

  await t.test('on /legacy as well, in its envelope', async (t) => {
    await sql`update users.users set street_address = repeat('A long street ', 400)`
    const legacy = await app.inject({ url: '/legacy/users', headers: GZIP })
    t.equal(legacy.headers['content-encoding'], 'gzip')
    t.match(JSON.parse(gunzipSync(legacy.rawPayload).toString()), { success: true, data: { length: 5 } })
  })

  await t.test('a file of the documentation, too', async (t) => {
    const file = '/docs/static/swagger-ui-bundle.js'
    const [whole, small] = [await app.inject(file), await app.inject({ url: file, headers: GZIP })]
    t.equal(small.headers['content-encoding'], 'gzip')
    t.ok(gunzipSync(small.rawPayload).equals(whole.rawPayload))
  })

  await t.test('one resource keeps the bytes that its strong ETag stands for, and a small answer stays as it is',
    async (t) => {
      await sql`update users.users set street_address = repeat('A long street ', 4000)`
      const user = await app.inject({ url: `/users/${userId(1)}`, headers: GZIP })
      t.ok(user.rawPayload.length > 50_000)
      t.notOk('content-encoding' in user.headers)
      const changed = await app.inject({
        method: 'PUT',
        url: `/users/${userId(1)}`,
        headers: { 'if-match': String(user.headers.etag) },
        payload: { city: 'Bern' }
      })
      t.equal(changed.statusCode, 200)
      t.notOk('content-encoding' in (await app.inject({ url: '/departments', headers: GZIP })).headers)
    })
})
