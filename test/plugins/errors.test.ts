import { connect, type AddressInfo } from 'node:net'
import t from 'tap'
import { openOwnShop, refuses, userId } from '../helper.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const user = { first_name: 'Ada', last_name: 'Lovelace', email_address: 'ada@example.com', password: 'correct horse' }

/** Words that only the database, the code or a stack trace knows. */
const INTERNALS = new RegExp([
  /select |insert |update .* set|pkey|fkey|_key\b|_check\b|constraint|violates|relation|column|sqlstate|postgres/,
  /argon2|\.ts\b|node_modules|\n +at /
].map(({ source }) => source).join('|'), 'i')

t.test('errors', async (t) => {
  const shop = await openOwnShop(t)

  await t.test('have the fields of RFC 9457, a code and the request’s id', async (t) => {
    const answer = await shop.call('GET', '/nothing', undefined, { 'x-request-id': 'my-request' })
    t.match(answer.headers['content-type'], /^application\/problem\+json/)
    t.same(answer.json, {
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'There is nothing at this address',
      code: 'NOT_FOUND',
      request_id: 'my-request'
    })
    t.equal(answer.headers['x-request-id'], 'my-request')
  })

  await t.test('a number in a URL is written in decimals', async (t) => {
    for (const path of [
      '/products/0x10', '/products/1e1', '/products/%207', '/products/%20', '/products?limit=0x5',
      '/products?min_price=1e1'
    ]) {
      refuses(t, await shop.call('GET', path), 400, 'INVALID_INPUT')
    }
    t.equal((await shop.call('GET', '/products?min_price=7.5&limit=5')).status, 200)
  })

  await t.test('what is no HTTP is answered with problem details, too', async (t) => {
    await shop.app.listen({ port: 0 })
    const { port } = shop.app.server.address() as AddressInfo
    const send = async (text: string) => {
      const socket = connect(port, '127.0.0.1')
      socket.write(text)
      let answer = ''
      for await (const chunk of socket) answer += chunk
      return answer
    }
    const malformed = await send('nonsense\r\n\r\n')
    t.match(malformed, /^HTTP\/1.1 400 Bad Request\r\nContent-Type: application\/problem\+json/)
    t.match(malformed, /"code":"INVALID_INPUT"/)
    const [, id] = /\r\nX-Request-Id: ([0-9a-f-]{36})\r\n/.exec(malformed) ?? []
    t.ok(id && malformed.includes(`"request_id":"${id}"`), 'the id of the body is in the header, too')
    const large = await send(`GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${'x'.repeat(20_000)}\r\n\r\n`)
    t.match(large, /^HTTP\/1.1 431 /)
    t.match(large, /"code":"HEADERS_TOO_LARGE"/)
    const homeless = await send('GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n')
    t.match(homeless, /^HTTP\/1.1 400 [^]*\r\nx-request-id: [^]*"field":"host","message":"is missing"/, 'no Host')
    t.match(await send('GET /livez HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 200 /, 'which HTTP/1.0 does without')
    const expecting = await send(
      'GET /products/0 HTTP/1.1\r\nHost: x\r\nExpect: the unexpected\r\nConnection: close\r\n\r\n'
    )
    t.match(expecting, /^HTTP\/1.1 404 [^]*\r\nx-request-id: [^]*"code":"PRODUCT_NOT_FOUND"/,
      'an Expect that nobody knows is passed over')
  })

  await t.test('an unknown path is a 404', async (t) => {
    for (const [method, path] of [['GET', '/user'], ['DELETE', '/product/1'], ['GET', '/users/1/2/3']] as const) {
      refuses(t, await shop.call(method, path, method === 'GET' ? undefined : {}), 404, 'NOT_FOUND')
    }
  })

  await t.test('a path that is no URL, or far too long, is a 400', async (t) => {
    for (const path of ['/users/%zz', '/users/%ff', '/%', '/products/%C0%80']) {
      const answer = await shop.call('GET', path, undefined, { 'x-request-id': 'odd-path' })
      refuses(t, answer, 400, 'INVALID_INPUT')
      t.equal(answer.headers['x-request-id'], 'odd-path')
    }
    refuses(t, await shop.call('GET', `/users/${'x'.repeat(5000)}`), 400, 'INVALID_USER_ID')
    refuses(t, await shop.call('GET', `/orders/${'1'.repeat(5000)}`), 400, 'INVALID_ORDER_ID')
    refuses(t, await shop.call('GET', '/users/a%00b'), 400, 'INVALID_INPUT')
  })

  await t.test('a body that is no JSON is a 400', async (t) => {
    for (const text of [
      '{"a":', 'nothing', '{"first_name": undefined}', '{"__proto__": {"x": 1}}', '{"constructor": {"prototype": {}}}',
      '\ufeff{}{}'
    ]) {
      refuses(t, await shop.call('POST', '/users', text, JSON_TYPE), 400, 'INVALID_JSON')
    }
  })

  await t.test('no body where one is needed is a 400, with whatever content type', async (t) => {
    refuses(t, await shop.call('POST', '/users', undefined, JSON_TYPE), 400, 'INVALID_INPUT')
    refuses(t, await shop.call('POST', '/users'), 400, 'INVALID_INPUT')
    t.equal((await shop.call('GET', '/users', undefined, JSON_TYPE)).status, 200,
      'and none where none is needed is fine')
  })

  await t.test('another content type is a 415', async (t) => {
    for (const type of [
      'text/xml', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'nonsense'
    ]) {
      refuses(t, await shop.call('POST', '/users', 'a=1', { 'content-type': type }), 415, 'UNSUPPORTED_MEDIA_TYPE')
    }
    for (const [method, path] of [
      ['DELETE', `/carts/${userId(1)}`], ['DELETE', '/orders/1'], ['POST', '/api/v1/jobs/emails/failed/retry'],
      ['POST', '/notifications/unsubscribe?token=x']
    ] as const) {
      refuses(t, await shop.call(method, path, 'a=1', { 'content-type': 'text/xml' }), 415, 'UNSUPPORTED_MEDIA_TYPE')
    }
    t.equal((await shop.call('POST', '/users', '{}', { 'content-type': 'Application/JSON; charset=utf-8' })).status,
      400, 'JSON with a charset is JSON')
  })

  await t.test('a body of more than 1 MiB is a 413, one of 1 MiB is read', async (t) => {
    const body = (size: number) => `{"first_name":"${'x'.repeat(size - 17)}"}`
    refuses(t, await shop.call('POST', '/users', body(1024 * 1024 + 1), JSON_TYPE), 413, 'BODY_TOO_LARGE')
    refuses(t, await shop.call('POST', '/users', body(1024 * 1024), JSON_TYPE), 400, 'INVALID_INPUT')
  })

  await t.test('text that cannot be stored is a 400 naming the field', async (t) => {
    const cases = [
      ['{"first_name":"a\\u0000b"}', 'first_name'], ['{"city":"\\ud800"}', 'city'],
      ['{"city":"\\udc00\\ud800"}', 'city'], ['{"unknown":["x",{"deep":"\\u0000"}]}', 'unknown.1.deep']
    ] as const
    for (const [text, field] of cases) {
      const answer = await shop.call('PUT', `/users/${userId(1)}`, text, JSON_TYPE)
      refuses(t, answer, 400, 'INVALID_INPUT')
      t.match(answer.json.errors, [{ field, message: /Unicode/ }])
    }
    t.match((await shop.call('GET', '/users?q=%00')).json, { status: 400, errors: [{ field: 'q' }] })
    t.match(await shop.call('PUT', `/users/${userId(1)}`, { city: '🏔 \u0001 ﷽' }),
      { status: 200, json: { city: '🏔 \u0001 ﷽' } }, 'anything else can')
  })

  await t.test('nesting without end is a 400, not a fall', async (t) => {
    const deep = (levels: number) => `{"a":${'['.repeat(levels)}${']'.repeat(levels)}}`
    for (const levels of [100, 10_000, 400_000]) {
      refuses(t, await shop.call('POST', '/users', deep(levels), JSON_TYPE), 400, 'INVALID_INPUT')
    }
  })

  await t.test('a body with faults by the hundred thousand is answered soon, and not at length', async (t) => {
    const started = performance.now()
    const answer = await shop.call('POST', '/orders', `{"user_id":"x","items":[${'{},'.repeat(300_000)}{}]}`, JSON_TYPE)
    t.equal(answer.status, 400)
    t.ok(performance.now() - started < 3000, 'soon')
    t.ok(answer.text.length < 20_000, `${answer.text.length} characters`)
    const unstorable = await shop.call('POST', '/users', `{"x":[${'"\\u0000",'.repeat(50_000)}1]}`, JSON_TYPE)
    t.match(unstorable, { status: 400, json: { errors: { length: 100 } } })
  })

  await t.test('a field of the wrong type is named, and never converted', async (t) => {
    const answer = await shop.call('POST', '/users', { ...user, first_name: 5, days_between_order_notifications: '7' })
    refuses(t, answer, 400, 'INVALID_INPUT')
    t.strictSame(answer.json.errors.map(({ field }: { field: string }) => field).sort(), [
      'days_between_order_notifications', 'first_name'
    ])
    const nested = await shop.call('POST', '/orders', {
      user_id: userId(1), items: [{ product_id: 1 }, { product_id: '2' }]
    })
    t.match(nested.json, { code: 'INVALID_INPUT', errors: [{ field: 'items.1.product_id' }] })
  })

  await t.test('a refusal by the database shows nothing of it', async (t) => {
    const refused = await Promise.all([
      shop.call('POST', '/users', { ...user, email_address: 'user1@example.com' }),
      shop.call('POST', '/carts', { user_id: userId(9), items: [] }),
      shop.call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 999 }] }),
      shop.call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 32, quantity: 2 }] }),
      shop.call('POST', '/orders', {
        user_id: userId(1), items: [{ product_id: 1, quantity: 1_000_000 }, { product_id: 1, quantity: 1_000_000 }]
      }),
      shop.call('PUT', `/users/${userId(1)}`, { order_notifications_start_date_time: '0000-01-01' }),
      shop.call('GET', '/products?min_price=99999999.999'),
      shop.call('GET', '/orders?from=0000-01-01')
    ])
    for (const { status, text } of refused) {
      t.ok(status < 500, `${status}`)
      t.notMatch(text, INTERNALS)
    }
  })

  await t.test('a fault of ours is a 500 that says nothing, under its request id', async (t) => {
    await shop.sql`alter table products.aisles rename column aisle_name to renamed`
    const answer = await shop.call('GET', '/aisles', undefined, { 'x-request-id': 'broken' })
    refuses(t, answer, 500, 'INTERNAL_ERROR')
    t.equal(answer.json.request_id, 'broken')
    t.notMatch(answer.text, INTERNALS)
  })

  await t.test('request ids: taken over, made where there is none, replaced where they cannot stand in a log',
    async (t) => {
      const idFor = async (given?: string) => {
        const answer = await shop.call('GET', '/livez', undefined, given === undefined ? {} : { 'x-request-id': given })
        return answer.headers['x-request-id']
      }
      for (const good of ['a', 'req-1:2/3+4=5@6.7_8', 'x'.repeat(128)]) t.equal(await idFor(good), good)
      const made = await idFor()
      t.match(made, /^[0-9a-f-]{36}$/)
      t.not(await idFor(), made)
      for (const odd of ['', 'a b', 'x'.repeat(129), '"quoted"', '<script>', 'ä', '{"json":1}']) {
        t.match(await idFor(odd), /^[0-9a-f-]{36}$/, JSON.stringify(odd))
      }
    })
})
