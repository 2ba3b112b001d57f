import t from 'tap'
import { refuses, userId, type Answer } from './helper.ts'
import { legacyPath, openWalk, propertiesOf } from './operations.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' }

// Every route, several times, and some of them hash passwords.
t.setTimeout(120_000)

const fields = ({ json }: Answer): string[] => (json?.errors ?? []).map(({ field }: { field: string }) => field)

t.test('a query parameter that a route does not know is a 400 naming it, and passed over on /legacy', async (t) => {
  const { operations, ask } = await openWalk(t)
  for (const operation of operations) {
    const { method, path } = operation
    if (path !== '/notifications/unsubscribe') {
      const answer = await ask(method, `${path}/?limits=5&sorted`, operation.example)
      refuses(t, answer, 400, 'INVALID_INPUT')
      for (const name of ['limits', 'sorted']) {
        t.ok(fields(answer).includes(name), `${method} ${path}: ${fields(answer)}`)
      }
    }
    const legacy = legacyPath(operation)
    if (legacy !== undefined) {
      const answer = await ask(method, `${legacy}?limits=5&sorted`, method === 'GET' ? undefined : {})
      t.notMatch(answer.text, /limits|sorted|is not known here/, `${method} ${legacy}`)
    }
  }
})

t.test('a body field that a route does not know is passed over, and a 400 naming it on the management API',
  async (t) => {
    const { operations, ask } = await openWalk(t)
    for (const { method, path, body, example } of operations.filter(({ body }) => body !== undefined)) {
      t.ok(example, `${method} ${path}: an example`)
      const sent = Array.isArray(example)
        ? [{ ...example[0], eval_set: 'prior' }]
        : { ...example as object, eval_set: 'prior' }
      const answer = await ask(method, path, sent)
      if (Array.isArray(example) && path === '/api/v1/products') {
        // Each row is judged by itself.
        t.match(answer.text, /eval_set/, `${method} ${path}`)
      } else if (path.startsWith('/api/v1/')) {
        refuses(t, answer, 400, 'INVALID_INPUT')
        t.match(fields(answer).join(), /eval_set/, `${method} ${path}`)
      } else t.notMatch(answer.text, /eval_set/, `${method} ${path}: ${answer.status}`)
      t.ok(body)
    }
  })

t.test('null for an optional field is as if it was not sent', async (t) => {
  const { operations, ask, call } = await openWalk(t)
  for (const { method, path, body } of operations.filter(({ body }) => body !== undefined)) {
    for (const { where, property, isRequired } of propertiesOf(body!)) {
      const type = [property.type].flat()
      // A property without a type takes anything.
      t.ok(isRequired || property.type === undefined || type.includes('null'),
        `${method} ${path}: ${where} may be null`)
    }
  }
  const person = { first_name: 'Ada', last_name: 'Byron', email_address: 'ada@example.com', password: 'correct horse' }
  const nothing = {
    order_notifications_start_date_time: null,
    order_notifications_via_email: null,
    days_between_order_notifications: null,
    phone_number: null
  }
  t.match(await call('POST', '/users', { ...person, ...nothing }), {
    status: 201, json: { days_between_order_notifications: 7, phone_number: null }
  })
  const user = `/users/${userId(2)}`
  const before = await call('GET', user)
  const { json } = await call('PUT', user, { first_name: null, last_name: null, city: null, ...nothing })
  t.same(json, { ...before.json, city: null, phone_number: null },
    'in a change it empties a text that may be empty, and nothing else')
  const order = operations.find(({ template }) => template === '/orders/{order_id}')!.path
  await call('PATCH', order, { tracking_number: '1Z', note: 'packed' })
  t.match(await call('PATCH', order, { status: null, note: 'waiting', tracking_number: null, changed_by: null }),
    { status: 200, json: { data: [{ status: 'pending', tracking_number: null }] } })
  t.match((await call('GET', order)).json.data[0].status_history.at(-1), { status: 'pending', note: 'waiting' })
  t.match(await ask('PUT', `/api${order}`, { status: null, payment_status: null, internal_notes: 'x' }), {
    status: 200, json: { status: 'pending', payment_status: 'pending' }
  })
  t.match(await call('PATCH', '/api/v1/products/1', { name: null, price_cents: 5, stock: null }), {
    status: 200, json: { name: 'Product 1', price_cents: 5 }
  })
  t.match(await call('PATCH', '/api/v1/users/2', { email: null, full_name: 'Bo Diddley' }), {
    status: 200, json: { email: 'user2@example.com', full_name: 'Bo Diddley' }
  })
  for (const [path, body] of [
    ['/api/v1/products/1', { name: null, price_cents: null }], ['/api/v1/users/2', { email: null }]
  ] as const) {
    refuses(t, await call('PATCH', path, body), 400, 'INVALID_INPUT')
  }
  t.match(await call('POST', '/api/v1/orders', { user_id: 1, status: null, items: [{ product_id: 1, quantity: 1 }] }), {
    status: 201, json: { status: 'pending' }
  })
})

t.test('items and quantity may be left out in every cart route', async (t) => {
  const { call, ask } = await openWalk(t)
  for (const [prefix, n] of [['', 3], ['/api', 4], ['/legacy', 5]] as const) {
    const cart = `${prefix}/carts/${userId(n)}`
    const send = async (method: 'POST' | 'PUT', path: string, body: object) => {
      const { status, json } = await (prefix === '/api' ? ask : call)(method, path, body)
      t.ok(status < 300, `${method} ${path} ${JSON.stringify(body)}`)
      return ((json.data ?? [json])[0].items as { product_id: number, quantity: number }[]).map(
        (item) => [item.product_id, item.quantity]
      )
    }
    t.same(await send('POST', `${prefix}/carts`, { user_id: userId(n) }), [])
    t.same(await send('PUT', cart, { items: [{ product_id: 1 }, { product_id: 2, quantity: null }] }), [[1, 1], [2, 1]])
    t.same(await send('POST', `${cart}/items`, { product_id: 2 }), [[1, 1], [2, 2]])
    t.same(await send('PUT', `${cart}/items/2`, {}), [[1, 1], [2, 1]])
    t.same(await send('PUT', cart, { items: null }), [])
  }
})

t.test('a body is UTF-8, and an empty one is none, whatever its content type', async (t) => {
  const { operations, ask } = await openWalk(t)
  for (const operation of operations.filter(({ method }) => method !== 'GET')) {
    const { method, path, body } = operation
    for (const type of [FORM_TYPE, { 'content-type': 'nonsense' }]) {
      const empty = await ask(method, path, '', { ...type, 'content-length': '0' })
      t.not(empty.status, 415, `${method} ${path}, ${type['content-type']}`)
    }
    if (body === undefined) continue
    const latin1 = await ask(method, path, Buffer.from('{"city":"caf\xe9"}', 'latin1'), JSON_TYPE)
    refuses(t, latin1, 400, 'INVALID_INPUT')
    t.match(latin1.json.errors, [{ field: 'body', message: 'must be UTF-8' }])
    for (const charset of ['iso-8859-1', '"UTF-16"']) {
      refuses(t, await ask(method, path, '{}', { 'content-type': `application/json; charset=${charset}` }), 415,
        'UNSUPPORTED_MEDIA_TYPE')
    }
    const legacy = legacyPath(operation)
    if (legacy === undefined) continue
    t.match(await ask(method, legacy, Buffer.from('{"city":"caf\xe9"}', 'latin1'), JSON_TYPE),
      { status: 422, json: { success: false, detail: [{ loc: ['body'], msg: 'must be UTF-8' }] } },
      `${method} ${legacy}`)
  }
  const utf8 = { 'content-type': 'application/json;charset="UTF-8"' }
  t.match(await ask('PUT', `/users/${userId(1)}`, '\ufeff{"city":"café"}', utf8), {
    status: 200, json: { city: 'café' }
  })
})

t.test('a URL is UTF-8', async (t) => {
  const { operations, ask } = await openWalk(t)
  for (const operation of operations) {
    refuses(t, await ask(operation.method, `${operation.path}?q=%E9`, operation.example), 400, 'INVALID_INPUT')
    const legacy = legacyPath(operation)
    if (legacy !== undefined) {
      t.match(await ask(operation.method, `${legacy}?q=%E9`), { status: 422, json: { detail: [{ loc: ['query'] }] } })
    }
  }
  for (const query of ['%ff=1', 'q=%ED%A0%80', 'q=100%', 'q=%zz']) {
    refuses(t, await ask('GET', `/products?${query}`), 400, 'INVALID_INPUT')
  }
  t.equal((await ask('GET', '/products?q=Product%201%25')).status, 200)
})

t.test('a path that takes other methods is a 405 with Allow, on every face', async (t) => {
  const { operations, call, app } = await openWalk(t)
  const patternOf = (template: string) => new RegExp(
    `^${template.replace(/(.)\/$/, '$1').replace(/\{\w+\}/g, '[^/]+')}$`
  )
  for (const operation of operations) {
    const allowed = new Set(operations.filter(({ template }) => patternOf(template).test(operation.path))
      .map(({ method }) => method))
    if (allowed.has('GET')) allowed.add('HEAD')
    const legacy = legacyPath(operation)
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
      if (allowed.has(method as 'GET')) continue
      const path = `${operation.path}/?x=%E9`
      const answer = await app.inject({ method, url: path })
      t.match(answer, { statusCode: 405, headers: { allow: [...allowed].sort().join(', '), 'x-request-id': String } },
        `${method} ${path}`)
      if (method !== 'HEAD') t.match(answer.json(), { status: 405, code: 'METHOD_NOT_ALLOWED' })
      if (legacy === undefined || method === 'HEAD') continue
      const refused = await call(method, legacy)
      t.match(refused, { status: 405, json: { success: false, data: [], error: String, code: 'METHOD_NOT_ALLOWED' } },
        `${method} ${legacy}`)
      t.equal(refused.headers.allow, answer.headers.allow)
    }
  }
  for (const path of ['/user', '/legacy/user', '/api/nothing', '/api/v1/nothing', '/users/1/2/3']) {
    for (const method of ['GET', 'POST', 'DELETE'] as const) {
      t.match(await call(method, path), { status: 404, headers: { allow: undefined } })
    }
  }
  t.equal((await call('PUT', '/openapi.json', {})).status, 405, 'the documentation, too')
})
