import t from 'tap'
import type { InjectOptions } from 'fastify'
import { checkAnswer } from './openapi.ts'
import { openShop, userId, type Shop } from './helper.ts'
import { listOperations } from './operations.ts'

type Caller =
  'nobody' | 'wrong key' | 'API key' | 'admin key' | 'customer' | 'other customer' | 'administrator' |
    'trusted upstream' | 'untrusted upstream'

/** Let in, or refused with this status. */
type Expected = 'in' | 401 | 403

/**
 * Who may call what. A row for each rule; the routes below name theirs. The resources belong to `customer`, for whom
 * the upstreams speak.
 */
const RULES: Record<string, Record<Caller, Expected>> = {
  everybody: {
    nobody: 'in',
    'wrong key': 'in',
    'API key': 'in',
    'admin key': 'in',
    customer: 'in',
    'other customer': 'in',
    administrator: 'in',
    'trusted upstream': 'in',
    'untrusted upstream': 'in'
  },
  service: {
    nobody: 401,
    'wrong key': 401,
    'API key': 'in',
    'admin key': 401,
    customer: 401,
    'other customer': 401,
    administrator: 401,
    'trusted upstream': 401,
    'untrusted upstream': 401
  },
  management: {
    nobody: 401,
    'wrong key': 401,
    'API key': 401,
    'admin key': 'in',
    customer: 403,
    'other customer': 403,
    administrator: 'in',
    'trusted upstream': 401,
    'untrusted upstream': 401
  },
  person: {
    nobody: 401,
    'wrong key': 401,
    'API key': 401,
    'admin key': 401,
    customer: 'in',
    'other customer': 'in',
    administrator: 'in',
    'trusted upstream': 'in',
    'untrusted upstream': 401
  },
  owner: {
    nobody: 401,
    'wrong key': 401,
    'API key': 401,
    'admin key': 401,
    customer: 'in',
    'other customer': 403,
    administrator: 'in',
    'trusted upstream': 'in',
    'untrusted upstream': 401
  },
  administrator: {
    nobody: 401,
    'wrong key': 401,
    'API key': 401,
    'admin key': 401,
    customer: 403,
    'other customer': 403,
    administrator: 'in',
    'trusted upstream': 403,
    'untrusted upstream': 401
  }
}

/** Every route of the OpenAPI document. One that is missing here fails the test. */
const ROUTES: Record<keyof typeof RULES, string[]> = {
  everybody: [
    'get /', 'get /health', 'get /livez', 'get /readyz', 'get /notifications/unsubscribe',
    'post /notifications/unsubscribe',
    'post /api/auth/register', 'post /api/auth/login', 'get /api/products', 'get /api/products/{product_id}'
  ],
  service: [
    'get /metrics', 'get /products', 'get /products/{product_id}', 'get /departments', 'get /aisles', 'post /query',
    'post /users', 'get /users', 'post /users/login', 'get /users/{user_id}', 'put /users/{user_id}',
    'delete /users/{user_id}',
    'post /users/{user_id}/password', 'put /users/{user_id}/password', 'post /users/{user_id}/email',
    'put /users/{user_id}/email',
    'get /users/{user_id}/notification-settings', 'put /users/{user_id}/notification-settings',
    'get /users/{user_id}/export',
    'get /users/{user_id}/order-status-notifications',
    'post /carts', 'get /carts/{user_id}', 'put /carts/{user_id}', 'delete /carts/{user_id}',
    'post /carts/{user_id}/items', 'post /carts/{user_id}/merge',
    'put /carts/{user_id}/items/{product_id}', 'delete /carts/{user_id}/items/{product_id}',
    'delete /carts/{user_id}/clear',
    'post /carts/{user_id}/checkout',
    'post /orders', 'get /orders', 'get /orders/user/{user_id}', 'get /orders/{order_id}', 'patch /orders/{order_id}',
    'post /orders/{order_id}/items', 'put /orders/{order_id}/invoice', 'get /orders/{order_id}/invoice',
    'delete /orders/{order_id}', 'get /events'
  ],
  management: [
    'get /api/v1/orders', 'post /api/v1/orders', 'get /api/v1/orders/{order_id}', 'patch /api/v1/orders/{order_id}',
    'get /api/v1/orders/{order_id}/timeline',
    'get /api/v1/orders/summary', 'get /api/v1/orders/export', 'get /api/v1/products/export',
    'get /api/v1/products', 'post /api/v1/products', 'get /api/v1/products/{product_id}',
    'patch /api/v1/products/{product_id}', 'patch /api/v1/products', 'post /api/v1/import/{kind}',
    'get /api/v1/users', 'get /api/v1/users/{user_id}', 'patch /api/v1/users/{user_id}',
    'get /api/v1/jobs', 'get /api/v1/jobs/{queue}/failed', 'post /api/v1/jobs/{queue}/failed/retry',
    'post /api/v1/jobs/{queue}/failed/{id}/retry', 'get /api/v1/invariants',
    'get /api/v1/webhooks', 'post /api/v1/webhooks', 'get /api/v1/webhooks/{webhook_id}',
    'patch /api/v1/webhooks/{webhook_id}', 'delete /api/v1/webhooks/{webhook_id}',
    'post /api/v1/webhooks/{webhook_id}/secret', 'post /api/v1/webhooks/{webhook_id}/test',
    'get /api/v1/webhooks/{webhook_id}/deliveries',
    'post /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/redeliver'
  ],
  person: ['post /api/orders', 'get /api/orders', 'get /api/orders/number/{order_number}'],
  owner: [
    'get /api/orders/{order_id}', 'delete /api/orders/{order_id}/cancel', 'patch /api/orders/{order_id}/cancel',
    'post /api/carts', 'get /api/carts/{user_id}', 'put /api/carts/{user_id}', 'delete /api/carts/{user_id}',
    'post /api/carts/{user_id}/items', 'post /api/carts/{user_id}/merge',
    'put /api/carts/{user_id}/items/{product_id}', 'delete /api/carts/{user_id}/items/{product_id}',
    'delete /api/carts/{user_id}/clear',
    'post /api/carts/{user_id}/checkout', 'get /api/users/{user_id}', 'put /api/users/{user_id}',
    'get /api/users/{user_id}/export',
    'get /api/users/{user_id}/notification-settings', 'put /api/users/{user_id}/notification-settings',
    'get /api/users/{user_id}/order-status-notifications', 'put /api/users/{user_id}/email',
    'post /api/users/{user_id}/email',
    'put /api/users/{user_id}/password', 'post /api/users/{user_id}/password'
  ],
  administrator: ['get /api/orders/all', 'put /api/orders/{order_id}', 'patch /api/orders/{order_id}/status']
}

type Callers = Record<Caller, Pick<InjectOptions, 'headers' | 'remoteAddress'>>

/** How each kind of caller comes. */
async function callersOf ({ app, sql }: Shop): Promise<Callers> {
  await sql`update users.users set role = 'admin' where id = 3`
  const token = (n: number, role: string) => app.issueToken({
    user_id: userId(n), email_address: `user${n}@example.com`, role
  })
  const headers = { 'x-user-id': userId(1), 'x-user-email': 'user1@example.com', 'x-user-role': 'customer' }
  return {
    nobody: {},
    'wrong key': { headers: { 'x-api-key': 'wrong' } },
    'API key': { headers: { 'x-api-key': 'shop' } },
    'admin key': { headers: { 'x-api-key': 'boss' } },
    customer: { headers: { authorization: `Bearer ${token(1, 'customer')}` } },
    'other customer': { headers: { authorization: `Bearer ${token(2, 'admin')}` } },
    administrator: { headers: { authorization: `Bearer ${token(3, 'customer')}` } },
    'trusted upstream': { headers, remoteAddress: '10.1.2.3' },
    'untrusted upstream': { headers: { ...headers, 'x-forwarded-for': '10.1.2.3' }, remoteAddress: '192.0.2.1' }
  }
}

t.test('who may call what: every route, every kind of caller', async (t) => {
  const shop = await openShop(t, {
    API_KEYS: 'shop', ADMIN_API_KEYS: 'boss', TRUSTED_UPSTREAMS: '10.0.0.0/8', RATE_LIMIT: '0'
  })
  const { app } = shop
  const callers = await callersOf(shop)
  const operations = listOperations(shop).map(({ method, template }) => `${method.toLowerCase()} ${template}`)
  t.strictSame(operations.toSorted(), Object.values(ROUTES).flat().toSorted(),
    'every route has a row, and every row a route')

  const key = { 'x-api-key': 'shop' }
  const placed = await app.inject({
    method: 'POST', url: '/orders', headers: key, payload: { user_id: userId(1), items: [{ product_id: 1 }] }
  })
  const values: Record<string, string> = {
    user_id: userId(1),
    order_id: placed.json().data[0].order_id,
    product_id: '1',
    queue: 'emails',
    kind: 'inventory',
    id: '1',
    webhook_id: '1',
    delivery_id: '1',
    order_number: 'ORD-20260101-AAAAAA'
  }

  async function check (rule: string, route: string, prefix: string): Promise<void> {
    const [method = '', template = ''] = route.split(' ')
    // The order of the storefront's routes must still be there when their turn comes.
    const isDeletion = route === 'delete /orders/{order_id}'
    const url = prefix +
      template.replace(/\{(\w+)\}/g, (_, name: string) => isDeletion && name === 'order_id' ? '1' : values[name]!)
    const payload = method === 'get' || method === 'delete'
      ? undefined
      : template === '/api/carts' ? { user_id: userId(1) } : {}
    for (const [caller, expected] of Object.entries(RULES[rule]!) as [Caller, Expected][]) {
      const answer = await app.inject({
        method: method.toUpperCase() as 'GET', url, ...callers[caller], ...payload && { payload }
      })
      const got = answer.statusCode === 401 || answer.statusCode === 403 ? answer.statusCode : 'in'
      // A login without a password that fits is refused, too, but for its password.
      t.equal(got, expected, `${method} ${url}, ${caller}: ${answer.statusCode}`)
      t.ok(answer.statusCode < 500)
      if (prefix === '') {
        checkAnswer(app, method, url, {
          status: answer.statusCode,
          json: answer.payload && answer.headers['content-type']?.includes('json') ? answer.json() : undefined,
          headers: answer.headers as Record<string, string>,
          text: answer.payload
        })
      }
    }
  }
  for (const [rule, routes] of Object.entries(ROUTES)) for (const route of routes) await check(rule, route, '')
  for (const route of ROUTES.service!) if (route !== 'get /metrics') await check('service', route, '/legacy')
})
