import t from 'tap'
import { userId } from '../helper.ts'
import type { Envelope, OlderClient } from './older-client.ts'
import { openOlder } from './open-older.ts'

const user = userId(1)

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
  fixed: { first_name: 'Ada', last_name: 'Lovelace', password: 'secret' },
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
  const client = await openOlder(t)
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
  const client = await openOlder(t)
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
