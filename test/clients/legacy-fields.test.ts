import t, { type Test } from 'tap'
import { all } from '../checks.ts'
import { NOBODY, userId } from '../helper.ts'
import { OlderClient, type Envelope } from './older-client.ts'
import { serve } from './serve.ts'

const user = userId(1)
const PASSWORD = 'secret'

async function open (t: Test): Promise<OlderClient> {
  const { url } = await serve(t, { API_KEYS: 'key' })
  return new OlderClient(`${url.replace('://', '://key@')}/legacy`)
}

/** A write of the older client: what it always sends, and what only where a person filled it in. */
interface Write {
  name: string
  fixed: Record<string, unknown>
  optional: Record<string, unknown>
  /** An update of nothing is an answer without data. */
  isUpdate?: boolean
  send (client: OlderClient, body: object): Promise<Envelope>
}

const items = [{ product_id: 1, quantity: 2 }]
const address = {
  phone_number: '030 123', street_address: '1 Main Street', city: 'Paris', postal_code: '01234', country: 'France'
}
const settings = {
  days_between_order_notifications: 5,
  order_notifications_start_date_time: '2031-05-05T10:00',
  order_notifications_via_email: true
}
let people = 0
let orderId = ''

const WRITES: Write[] = [{
  name: 'POST /users/',
  fixed: { first_name: 'Ada', last_name: 'Lovelace', password: PASSWORD },
  optional: { ...address, ...settings },
  send: async (client, body) => await client.send('POST', '/users/', {
    ...body, email_address: `person${++people}@example.com`
  })
}, {
  name: 'PUT /users/{user_id}',
  fixed: {},
  optional: { first_name: 'Ada', last_name: 'Lovelace', ...address, ...settings },
  isUpdate: true,
  send: async (client, body) => await client.send('PUT', `/users/${user}`, body)
}, {
  name: 'PUT /users/{user_id}/notification-settings',
  fixed: {},
  optional: settings,
  isUpdate: true,
  send: async (client, body) => await client.send('PUT', `/users/${user}/notification-settings`, body)
}, {
  name: 'POST /carts/',
  fixed: { user_id: user },
  optional: { items },
  send: async (client, body) => {
    await client.send('DELETE', `/carts/${user}`)
    return await client.send('POST', '/carts/', body)
  }
}, {
  name: 'PUT /carts/{user_id}',
  fixed: {},
  optional: { items: [{ product_id: 2 }, { product_id: 3, quantity: 1 }] },
  send: async (client, body) => await client.send('PUT', `/carts/${user}`, body)
}, {
  name: 'POST /carts/{user_id}/items',
  fixed: { product_id: 1 },
  optional: { quantity: 2, reordered: 1 },
  send: async (client, body) => await client.send('POST', `/carts/${user}/items`, body)
}, {
  name: 'PUT /carts/{user_id}/items/{product_id}',
  fixed: {},
  optional: { quantity: 3 },
  send: async (client, body) => await client.send('PUT', `/carts/${user}/items/1`, body)
}, {
  name: 'POST /carts/{user_id}/checkout',
  fixed: {},
  optional: { delivery_name: 'Ada', ...address },
  send: async (client, body) => {
    await client.send('PUT', `/carts/${user}`, { items })
    return await client.send('POST', `/carts/${user}/checkout`, body)
  }
}, {
  name: 'POST /orders/',
  fixed: { user_id: user, items: [{ product_id: 1 }, { product_id: 3, quantity: 2 }] },
  optional: {
    order_dow: 3,
    order_hour_of_day: 14,
    days_since_prior_order: 6.5,
    delivery_name: 'Ada',
    ...address,
    tracking_number: 'T-1',
    shipping_carrier: 'UPS',
    tracking_url: 'https://example.com/t/1'
  },
  send: async (client, body) => {
    const answer = await client.send('POST', '/orders/', body)
    orderId = answer.data[0]?.order_id
    return answer
  }
}, {
  name: 'PATCH /orders/{order_id}',
  fixed: {},
  optional: {
    status: 'paid',
    note: 'by card',
    tracking_number: 'T-2',
    shipping_carrier: 'DHL',
    tracking_url: 'https://example.com/t/2',
    changed_by: 'Bo'
  },
  isUpdate: true,
  send: async (client, body) => await client.send('PATCH', `/orders/${orderId}/`, body)
}]

const asText = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(asText)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, asText(entry)]))
  }
  return String(value)
}

/**
 * The bodies that a form makes of a write: with all, with none, without each field, with each empty, with each alone,
 * all as text.
 */
function * bodies ({ fixed, optional }: Write): Generator<[string, object]> {
  yield ['everything', { ...fixed, ...optional }]
  yield ['the same again', { ...fixed, ...optional }]
  yield ['numbers and booleans as text', asText({ ...fixed, ...optional }) as object]
  yield ['fields of its own', { ...fixed, ...optional, total_items: 3, eval_set: 'test' }]
  for (const name of Object.keys(optional)) {
    const { [name]: value, ...others } = optional
    yield [`without ${name}`, { ...fixed, ...others }]
    yield [`${name} alone`, { ...fixed, [name]: value }]
    yield [`${name} null`, { ...fixed, ...optional, [name]: null }]
  }
  yield ['nothing but what is always sent', fixed]
}

t.test('each write, as a person fills in the form', async (t) => {
  const client = await open(t)
  for (const write of WRITES) {
    for (const [what, body] of bodies(write)) {
      const { success, data, error } = await write.send(client, body)
      const isNothing = write.isUpdate && Object.keys(body).every((name) => name === 'changed_by')
      t.strictSame([success, error, data.length], [true, null, isNothing ? 0 : 1], `${write.name}: ${what}`)
    }
  }
  t.strictSame(client.redirects, [])
})

t.test('what was sent as text, without seconds or below zero has been understood', async (t) => {
  const client = await open(t)
  const change = {
    days_between_order_notifications: '9',
    order_notifications_via_email: 'on',
    order_notifications_start_date_time: '2031-05-05T10:00'
  }
  const { data: [changed] } = await client.send('PUT', `/users/${user}/notification-settings/`, change)
  t.match(changed, {
    days_between_order_notifications: 9,
    order_notifications_via_email: true,
    order_notifications_start_date_time: /^2031-05-05T10:00:00(\.0+)?\+00:00$/
  })
  await client.send('POST', `/carts/${user}/items`, { product_id: '1' })
  await client.send('POST', `/carts/${user}/items/`, { product_id: 2, quantity: '4' })
  const { data: [cart] } = await client.send('GET', `/carts/${user}/`)
  t.match(cart.items, [{ product_id: 1, quantity: 1 }, { product_id: 2, quantity: 4 }], 'no quantity is one')
  t.match((await client.send('PUT', `/carts/${user}/items/2`, { quantity: -1 })).data[0].items, [{ product_id: 1 }])
  t.match(await client.send('GET', `/orders/user/${user}/?limit=5&offset=0&sort=newest`), { success: true, total: 0 },
    'an unknown parameter is ignored')
})

/** What the older client makes of a refusal: it looks for words, in this order. */
function kindOf ({ success, data, error }: Envelope): string {
  const words = (error ?? '').toLowerCase()
  if (success || data.length > 0 || typeof error !== 'string') return 'no refusal'
  if (words.includes('product') && words.includes('not found')) return 'unknown product'
  if (words.includes('already exists')) return 'duplicate'
  if (words.includes('not found')) return 'absent'
  return words.includes('incorrect') ? 'wrong password' : 'refused'
}

t.test('each refusal has the words that the client looks for', async (t) => {
  const client = await open(t)
  await client.send('PUT', `/carts/${user}`, { items })
  const { data: [{ order_id: order }] } = await client.send('POST', '/orders/', { user_id: user, items })
  const next = { current_password: 'wrong', new_password: PASSWORD }
  const cases: [string, string, string, unknown?][] = [
    ['unknown product', 'POST', '/orders/', { user_id: user, items: [{ product_id: 901 }] }],
    ['unknown product', 'POST', `/orders/${order}/items`, [{ product_id: 901, quantity: 1 }]],
    ['unknown product', 'POST', '/carts/', { user_id: userId(2), items: [{ product_id: 901, quantity: 1 }] }],
    ['unknown product', 'PUT', `/carts/${user}`, { items: [{ product_id: 901, quantity: 1 }] }],
    ['unknown product', 'POST', `/carts/${user}/items`, { product_id: 901, quantity: 1 }],
    ['unknown product', 'PUT', `/carts/${user}/items/901`, { quantity: 1 }],
    ['unknown product', 'PUT', `/carts/${user}/items/2`, { quantity: 1 }],
    ['unknown product', 'DELETE', `/carts/${user}/items/2`],
    ['unknown product', 'GET', '/products/901'],
    [
      'duplicate', 'POST', '/users/',
      { first_name: 'A', last_name: 'B', email_address: 'user2@example.com', password: PASSWORD }
    ],
    [
      'duplicate', 'POST', `/users/${user}/email`,
      { current_password: 'password', new_email_address: 'user2@example.com' }
    ],
    ['duplicate', 'POST', '/carts/', { user_id: user, items }],
    ...['/users/', '/carts/', '/orders/user/'].map(
      (path): [string, string, string] => ['absent', 'GET', path + NOBODY]
    ),
    ['absent', 'PUT', `/users/${NOBODY}`, { city: 'Paris' }],
    ['absent', 'PUT', `/users/${NOBODY}`, {}],
    ['absent', 'DELETE', `/users/${NOBODY}`, { password: 'password' }],
    ['absent', 'POST', '/orders/', { user_id: NOBODY, items }],
    ['absent', 'POST', '/carts/', { user_id: NOBODY, items }],
    ['absent', 'DELETE', `/carts/${userId(2)}`],
    ['absent', 'DELETE', `/carts/${userId(2)}/clear`],
    ['absent', 'GET', '/orders/1'],
    ['absent', 'PATCH', '/orders/1', { status: 'paid' }],
    ['absent', 'DELETE', '/orders/1'],
    ['wrong password', 'PUT', `/users/${user}/password`, next],
    [
      'wrong password', 'POST', `/users/${user}/email`,
      { current_password: 'wrong', new_email_address: 'new@example.com' }
    ],
    ['wrong password', 'DELETE', `/users/${user}`, { password: 'wrong' }],
    ['refused', 'POST', '/users/login', { email_address: 'user1@example.com', password: 'wrong' }],
    ['refused', 'POST', `/carts/${userId(2)}/checkout`],
    ['refused', 'POST', '/orders/', { user_id: user, items: [] }],
    ['refused', 'POST', '/orders/', { user_id: user, items: [{ product_id: 32, quantity: 2 }] }],
    ['refused', 'GET', '/orders/abc'],
    ['refused', 'PUT', `/users/${user}/password`, { current_password: 'password', new_password: 'short' }],
    ['refused', 'GET', '/users/abc'],
    ['refused', 'POST', '/query', { sql: 'select nonsense' }]
  ]
  for (const [kind, method, path, body] of cases) {
    const answer = await client.send(method, path, body)
    t.equal(kindOf(answer), kind, `${method} ${path} ${JSON.stringify(body)}: ${answer.error}`)
  }
})

t.test('pages of the catalogue, read by SQL, several statements each and all at once', async (t) => {
  const client = await open(t)
  const joined =
    `from products.products p join products.departments d using (department_id) join products.aisles a using (aisle_id)
    left join products.product_enriched e using (product_id)`
  const statements: [string, unknown[]][] = [
    [
      `select p.product_id, p.product_name, d.department, a.aisle, e.price ${joined} order by p.product_id
        limit $1 offset $2`,
      [10, 5]
    ],
    [`select count(*) as total ${joined} where p.department_id = $1`, [1]],
    [`select p.*, e.description, e.price, e.image_url ${joined} where p.product_id = $1`, [7]],
    ['select department_id, department from products.departments order by department', []],
    [
      `select p.product_id ${joined} where p.product_name ilike $1 and e.price between $2 and $3 limit 25`,
      ['%product 1%', 1, 30]
    ]
  ]
  const asked = Array.from({ length: 50 }, (_, n) => statements[n % statements.length]!)
  const answers = await Promise.all(asked.map(
    async ([sql, params]) => await client.send('POST', '/query', { sql, params })
  ))
  t.strictSame(answers.filter(({ success }) => !success).map(({ error }) => error), [], '50 at once, 0 refused')
  all(t, answers, ({ data }) => data.length > 0, 'each has rows')

  const recommendations =
    'SELECT id, external_user_id, first_name, last_name FROM users.users WHERE external_user_id = $1'
  t.match(await client.send('POST', '/query', { sql: recommendations, params: [user] }), {
    success: true, data: [{ id: 1, external_user_id: user, first_name: 'User' }]
  })
})
