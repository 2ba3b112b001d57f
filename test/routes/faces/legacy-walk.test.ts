import t from 'tap'
import { openShop, userId, type Answer, type Shop } from '../../helper.ts'
import { listOperations } from '../../operations.ts'

type Call = Parameters<Shop['call']>

const user = userId(1)
const cart = `/carts/${user}`
const order = '/orders/3422000'
const PDF = Buffer.from('%PDF-1.7\n')

const SUCCESS = { success: true, error: null }
/** What the envelope holds of a service answer, by what that answer is. */
const one = (json: object) => ({ ...SUCCESS, data: [json] })
const entries = (json: object[]) => ({ ...SUCCESS, data: json })
const numbered = (json: { order_id: string }[]) => entries(json.map(
  (entry) => ({ ...entry, order_id: Number(entry.order_id) })
))
const list = (name: string) => ({ [name]: data, ...page }: any) => ({ ...SUCCESS, data, ...page })
const orders = (json: object) => ({ ...json, error: null })
const bare = (json: unknown) => json
const nothing = () => ({ ...SUCCESS, data: [] })

/**
 * One request for every operation of the service API, in an order in which each succeeds; a new route needs a case
 * here. Operation, path, body, what the envelope holds, and its message where the service answer has none.
 */
const CASES: [string, string, unknown, (json: any) => unknown, string?][] = [
  ['GET /products', '/products?limit=3', undefined, bare],
  ['GET /products/{product_id}', '/products/7', undefined, one, 'Product retrieved successfully'],
  ['GET /departments', '/departments', undefined, list('departments'), 'Departments retrieved successfully'],
  ['GET /events', '/events?limit=2', undefined, list('events'), 'Events retrieved successfully'],
  ['GET /aisles', '/aisles', undefined, list('aisles'), 'Aisles retrieved successfully'],

  [
    'POST /query', '/query', { sql: 'select product_id from products.products where product_id < $1', params: [3] },
    bare
  ],

  [
    'POST /users', '/users',
    { first_name: 'Ada', last_name: 'Lovelace', email_address: 'ada@example.com', password: 'correct horse' }, one,
    'User created successfully'
  ],
  ['GET /users', '/users?limit=2&offset=1', undefined, list('users'), 'Users retrieved successfully'],
  [
    'POST /users/login', '/users/login', { email_address: 'user1@example.com', password: 'password' }, one,
    'Login successful'
  ],
  ['GET /users/{user_id}', `/users/${user}`, undefined, one, 'User retrieved successfully'],
  ['PUT /users/{user_id}', `/users/${user}`, { city: 'Berlin', eval_set: 'new' }, one, 'User updated successfully'],
  [
    'POST /users/{user_id}/password', `/users/${user}/password`,
    { current_password: 'password', new_password: 'next password' }, one
  ],
  [
    'PUT /users/{user_id}/password', `/users/${user}/password`,
    { current_password: 'next password', new_password: 'password' }, one
  ],
  [
    'POST /users/{user_id}/email', `/users/${user}/email`,
    { current_password: 'password', new_email_address: 'a@example.com' }, one
  ],
  [
    'PUT /users/{user_id}/email', `/users/${user}/email`,
    { current_password: 'password', new_email_address: 'b@example.com' }, one
  ],
  [
    'GET /users/{user_id}/notification-settings', `/users/${user}/notification-settings`, undefined, one,
    'User retrieved successfully'
  ],
  [
    'PUT /users/{user_id}/notification-settings', `/users/${user}/notification-settings`,
    { days_between_order_notifications: 3 }, one
  ],

  [
    'POST /orders', '/orders',
    { user_id: user, items: [{ product_id: 1, quantity: 2 }], status: 'paid', total_items: 1 }, orders
  ],
  ['GET /orders', '/orders?limit=5', undefined, orders],
  ['GET /orders/user/{user_id}', `/orders/user/${user}/?limit=5&offset=0`, undefined, orders],
  ['PATCH /orders/{order_id}', order, { status: 'paid', note: 'by card' }, orders],
  ['GET /orders/{order_id}', order, undefined, orders],
  ['POST /orders/{order_id}/items', `${order}/items`, [{ product_id: 2 }], bare],
  ['PUT /orders/{order_id}/invoice', `${order}/invoice`, PDF, one],
  ['GET /orders/{order_id}/invoice', `${order}/invoice`, undefined, bare],
  [
    'GET /users/{user_id}/order-status-notifications', `/users/${user}/order-status-notifications`, undefined, numbered,
    'User retrieved successfully'
  ],
  ['GET /users/{user_id}/export', `/users/${user}/export`, undefined, one, 'User retrieved successfully'],

  [
    'POST /carts', '/carts', { user_id: user, items: [{ product_id: 1, quantity: 2 }] }, one,
    'Cart created successfully'
  ],
  ['GET /carts/{user_id}', cart, undefined, one, 'Cart retrieved successfully'],
  ['POST /carts/{user_id}/items', `${cart}/items`, { product_id: 3, quantity: 1 }, one, 'Cart updated successfully'],
  [
    'POST /carts/{user_id}/merge', `${cart}/merge`, { items: [{ product_id: 3, quantity: 3 }] }, one,
    'Cart updated successfully'
  ],
  ['PUT /carts/{user_id}/items/{product_id}', `${cart}/items/3`, { quantity: 4 }, one, 'Cart updated successfully'],
  ['DELETE /carts/{user_id}/items/{product_id}', `${cart}/items/3`, undefined, one, 'Cart updated successfully'],
  ['DELETE /carts/{user_id}/clear', `${cart}/clear`, undefined, one, 'Cart updated successfully'],
  ['PUT /carts/{user_id}', cart, { items: [{ product_id: 5, quantity: 1 }] }, one, 'Cart updated successfully'],
  ['POST /carts/{user_id}/checkout', `${cart}/checkout`, { city: 'Paris' }, orders],
  ['PUT /carts/{user_id}', cart, { items: [{ product_id: 6, quantity: 1 }] }, one, 'Cart updated successfully'],
  ['DELETE /carts/{user_id}', cart, undefined, one],
  ['DELETE /orders/{order_id}', order, undefined, nothing, 'Order deleted successfully'],
  ['DELETE /users/{user_id}', `/users/${user}`, { password: 'password' }, one]
]

/** The service's operations as its OpenAPI document names them: what needs a key and belongs to no other face. */
const operationsOf = (shop: Shop): string[] => listOperations(shop)
  .filter(
    ({ template, operation }) => !template.startsWith('/api/') && template !== '/metrics' &&
      operation.security.length > 0
  )
  .map(({ method, template }) => `${method} ${template}`)

/** Without what no two shops have in common: times, order references, and the ids of users made here. */
const alike = <T>(value: T): T => JSON.parse(JSON.stringify(value)
  .replace(/^"\\"[0-9a-f]{32}\\""$/, '"a tag"').replace(/ORD-\d{8}-\w{6}/g, 'ORD')
  .replace(/\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)/g, 'then')
  .replace(/(?!0{8})[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'somebody'))

const send = async (shop: Shop, prefix: string, path: string, ...[method, body]: [Call[0], unknown]): Promise<Answer> =>
  await shop.call(method, prefix + path, body, Buffer.isBuffer(body) ? { 'content-type': 'application/pdf' } : {})

t.test('every service route answers on /legacy what it answers on /, in the envelope', async (t) => {
  const [service, legacy] = [await openShop(t), await openShop(t)]
  const operations = operationsOf(service)
  const cased = new Set(CASES.map(([operation]) => operation))
  t.strictSame(operations.filter((operation) => !cased.has(operation)), [], 'every operation has a case')

  for (const [operation, path, body, inside, message] of CASES) {
    const method = operation.split(' ', 1)[0] as Call[0]
    const plain = await send(service, '', path, method, body)
    const wrapped = await send(legacy, '/legacy', path, method, body)
    t.ok(plain.status < 300, `${operation} succeeds: ${plain.text}`)
    t.equal(wrapped.status, plain.status === 204 ? 200 : plain.status, `${operation}: its status`)
    t.equal(alike(wrapped.headers.etag ?? ''), alike(plain.headers.etag ?? ''), `${operation}: its ETag`)
    if (plain.json === undefined && plain.status !== 204) {
      t.strictSame([wrapped.text, wrapped.headers['content-type']], [plain.text, plain.headers['content-type']],
        `${operation}: the same bytes`)
      continue
    }
    t.match(wrapped.headers['content-type'], /^application\/json/)
    const { message: told, ...rest } = alike(wrapped.json)
    const { message: _, ...expected } = alike(inside(plain.json)) as { message?: string }
    t.strictSame(rest, expected, operation)
    t.equal(told, message ?? plain.json.message, `${operation}: its message`)
    if (plain.headers.location) {
      t.equal(alike(wrapped.headers.location), `/legacy${alike(plain.headers.location)}`, 'Location is on this face')
    }
  }
})

t.test('a trailing slash, in front of a query too, leads nowhere else', async (t) => {
  const { call, app } = await openShop(t)
  for (const [, path] of CASES.filter(([operation]) => operation.startsWith('GET '))) {
    const [plain, query] = path.split('?') as [string, string?]
    const url = `/legacy${plain.replace(/\/$/, '')}`
    const asked = async (path: string) => alike((await call('GET', query ? `${path}?${query}` : path)).text)
    t.equal(await asked(`${url}/`), await asked(url), `${url}/`)
    const head = await app.inject({ method: 'HEAD', url })
    t.equal(head.payload, '', 'HEAD has no body')
    t.equal(head.statusCode, (await app.inject(url)).statusCode)
  }
  t.equal((await app.inject({ method: 'HEAD', url: '/legacy/aisles' })).headers['content-length'],
    (await app.inject('/legacy/aisles')).headers['content-length'], 'HEAD tells the length of what GET sends')
})

t.test('health and probes, without a key', async (t) => {
  const { call } = await openShop(t, { API_KEYS: 'key' })
  for (const path of ['', '/', '/livez', '/livez/', '/readyz']) {
    t.match(await call('GET', `/legacy${path}`),
      { status: 200, json: { success: true, message: /^Service is/, data: [{}], error: null } }, path)
  }
  t.match(await call('GET', '/legacy/health'), {
    status: 200,
    json: {
      success: true, message: 'Service is healthy', data: [{ status: 'healthy', database: 'reachable' }], error: null
    }
  })
})

t.test('the documents are the real ones, without a key', async (t) => {
  const { call } = await openShop(t, { API_KEYS: 'key' })
  for (const path of ['/docs', '/openapi.json']) {
    t.match(await call('GET', `/legacy${path}`), { status: 302, headers: { location: path } })
  }
})

t.test('what has no place on this face', async (t) => {
  const { call, app } = await openShop(t, { API_KEYS: 'key' })
  t.notMatch(JSON.stringify(app.swagger()), /legacy/, 'the OpenAPI document does not tell of it')
  for (const path of ['/redoc', '/nothing', '/users/a/b/c']) {
    const answer = await call('GET', `/legacy${path}`)
    t.match(answer,
      { status: 404, json: { success: false, error: /nothing at this address/, detail: /nothing at this address/ } },
      path)
    t.strictSame(answer.json.data, [])
    t.match(answer.headers, { 'content-type': /^application\/json/, 'x-request-id': /./ })
  }
  t.equal((await call('OPTIONS', '/legacy/users')).status, (await call('OPTIONS', '/users')).status)
})
