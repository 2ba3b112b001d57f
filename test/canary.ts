import type { Shop } from './helper.ts'
import { BOSS } from './people.ts'

/** Whatever is planted has this in it; nothing else in the shop has. */
export const CANARY = 'canary'
export const canary = (name: string) => `${CANARY}-${name}`

export const PASSWORD = canary('password')
const person = {
  first_name: canary('first'),
  last_name: canary('last'),
  email_address: 'canary-early@example.com',
  phone_number: canary('phone'),
  street_address: canary('street'),
  city: canary('city'),
  postal_code: canary('postal'),
  country: canary('country')
}
export const EMAIL = 'canary-email@example.com'
const delivery = (face: string) => Object.fromEntries([
  'delivery_name', 'phone_number', 'street_address', 'city', 'postal_code', 'country'
]
  .map((field) => [field, canary(`${face}-${field}`).slice(0, 32)]))
export const address = (kind: string) => Object.fromEntries(['street', 'city', 'state', 'zipCode', 'country'].map(
  (field) => [field, canary(`${kind}-${field}`)]
))
const tracking = {
  tracking_number: canary('tracking'), tracking_url: `https://example.com/${canary('url')}`, shipping_carrier: 'UPS'
}
export const invoice = Buffer.from(`%PDF-1.4 ${canary('invoice')}`)
export const upstream = { 'x-user-id': canary('upstream'), 'x-user-email': EMAIL.toUpperCase() }

export interface Planted { id: string, password: string, kept: string }

/**
 * One person who leaves data of every kind through every face. `kept` is an order that is still there, with an invoice.
 */
export async function plant ({ call, sql, app }: Shop): Promise<Planted> {
  await sql`insert into gateway.event_publishers (queue, last_seen) values ('q', now()) on conflict do nothing`
  // Emails wait: one that is sent meanwhile forgets why it failed before.
  await sql`alter table gateway.emails alter next_attempt_at set default now() + interval '1 hour'`
  const succeeded = async (...request: Parameters<typeof call>) => {
    const answer = await call(...request)
    if (answer.status >= 300) throw new Error(`${request[0]} ${request[1]}: ${answer.text}`)
    return answer.json
  }
  let keys = 0
  const keyed = () => ({ 'idempotency-key': canary(`key-${keys++}`) })
  const items = [{ product_id: 7, quantity: 2 }]

  const { user_id: id } = await succeeded('POST', '/users', {
    ...person, password: PASSWORD, order_notifications_via_email: true
  })
  const [{ id: internal } = {}] = await sql`select id from users.users where external_user_id = ${id}`
  const early = await succeeded('POST', '/orders', { user_id: id, items }, keyed())
  await succeeded('PUT', `/users/${id}/email`, { current_password: PASSWORD, new_email_address: EMAIL })

  const service = await succeeded('POST', '/orders', { user_id: id, items, ...delivery('service'), ...tracking }, {
    ...keyed(), 'x-actor': 'Canary-First Canary-LAST'
  })
  const kept = service.data[0].order_id
  await succeeded('POST', '/legacy/orders', { user_id: id, items, ...delivery('legacy') }, keyed())
  await succeeded('POST', '/api/v1/orders', { user_id: Number(internal), items, status: 'paid' }, keyed())
  const { token } = await succeeded('POST', '/api/auth/login', { email: EMAIL, password: PASSWORD })
  const order = {
    items,
    shipping_address: address('shipping'),
    billing_address: address('billing'),
    customer_notes: canary('notes'),
    payment_method: 'card'
  }
  const own = await succeeded('POST', '/api/orders', order, { authorization: `Bearer ${token}`, ...keyed() })
  // Refused: an answer that belongs to no order, kept under the person's own name.
  await call('POST', '/api/orders', { items: [{ product_id: 31, quantity: 900 }] }, {
    authorization: `Bearer ${token}`, ...keyed()
  })
  await sql`update users.users set upstream_user_id = ${upstream['x-user-id']} where id = ${internal!}`
  await succeeded('POST', '/api/orders', order, { ...upstream, ...keyed() })
  await succeeded('PATCH', `/api/orders/${own.id}/cancel`, undefined, upstream)
  await succeeded('POST', `/carts/${id}/items`, { product_id: 3, quantity: 1 })
  await succeeded('POST', `/carts/${id}/checkout`, delivery('checkout'), keyed())
  await succeeded('POST', `/carts/${id}/items`, { product_id: 5, quantity: 1 })

  await succeeded('PUT', `/api/orders/${kept}`, { internal_notes: canary('internal'), status: 'shipped' }, BOSS)
  await succeeded('PATCH', `/orders/${kept}`, { note: canary('remark'), changed_by: EMAIL.toUpperCase() })
  await succeeded('PATCH', `/orders/${kept}`, { note: canary('staff-remark'), changed_by: 'warehouse' })
  const stored = await app.inject({
    method: 'PUT', url: `/orders/${kept}/invoice`, headers: { 'content-type': 'application/pdf' }, payload: invoice
  })
  if (stored.statusCode !== 200) throw new Error(stored.body)

  // An order that is no more: its events and the answers kept for its key outlast it.
  await succeeded('DELETE', `/orders/${early.data[0].order_id}`)
  await sql`update users.users set order_notifications_next_scheduled_time = now() - interval '1 second'
    where id = ${internal!}`
  await app.notifications.remind(10)
  await sql`update gateway.emails set last_error = ${canary('bounce')}`
  return { id, password: PASSWORD, kept }
}

/** Every row of every table, as text, that has the text in it. */
export async function search ({ sql }: Shop, ...texts: string[]): Promise<string[]> {
  const tables = await sql<{ schema: string, name: string }[]>`
    select table_schema as schema, table_name as name from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`
  const found = await Promise.all(tables.map(async ({ schema, name }) => {
    const rows = await sql<{ text: string }[]>`select t::text as text from ${sql(`${schema}.${name}`)} t`
    return rows.filter(({ text }) => texts.some((wanted) => text.toLowerCase().includes(wanted.toLowerCase())))
      .map(({ text }) => `${schema}.${name}: ${text}`)
  }))
  return found.flat()
}
