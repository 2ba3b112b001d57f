import type { AddressInfo } from 'node:net'
import { Writable } from 'node:stream'
import fc from 'fast-check'
import t from 'tap'
import { until } from '../checks.ts'
import { documentOf } from '../document.ts'
import { logFaults } from '../fuzzing/checks.ts'
import { fillShop, type Pool } from '../fuzzing/pool.ts'
import { faceOf, KEYS, type Document } from '../fuzzing/requests.ts'
import { spotsOf, valuesOf, write, type Schema } from '../fuzzing/values.ts'
import { send } from '../fuzzing/wire.ts'
import { openOwnShop, userId } from '../helper.ts'
import { openMailServer, partsOf } from '../mail-server.ts'

t.setTimeout(120_000)

/** Short enough for every field that a person fills in. */
const PAYLOADS = ['Ann\r\nX-Injected: yes\n{}<b>\u2028', 'a\0b']

/** The schema with nothing left out. */
function full (schema: Schema): Schema {
  const { properties, items } = schema
  return {
    ...schema,
    ...schema.type && { type: [schema.type].flat().filter((type) => type !== 'null') },
    ...properties &&
      {
        required: Object.keys(properties),
        properties: Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, full(part)]))
      },
    ...items && { items: full(items), minItems: 1 }
  }
}

/** Each operation's bodies with one text after the other replaced by what would break a line. */
function * attacksOn (document: Document, pool: Pool) {
  const values = valuesOf(pool, (ref) => document.components.schemas[ref.slice(ref.lastIndexOf('/') + 1)]!)
  const sample = (schema: Schema, name?: string) => fc.sample(values(schema, name), { seed: 7, numRuns: 1 })[0]
  for (const [template, operations] of Object.entries(document.paths)) {
    for (const [method, { parameters = [], requestBody }] of Object.entries(operations)) {
      const path = template.replace(/\{(\w+)\}/g,
        (_, name: string) => name === 'user_id' && template.startsWith('/api/users')
          ? 'me'
          : encodeURIComponent(
            String(sample(
              name === 'order_id'
                ? {
                    type: 'string'
                  }
                : parameters.find((parameter) => parameter.name === name)!.schema,
              name
            ))
          ))
      const schema = requestBody?.content['application/json']?.schema
      // The status an order has already, so that the rest of the change is looked at.
      const body = schema &&
        sample(full(
          schema.properties?.status
            ? { ...schema, properties: { ...schema.properties, status: { enum: ['pending'] } } }
            : schema
        ))
      for (const payload of PAYLOADS) {
        for (const parameter of parameters.filter((parameter) => parameter.in === 'path')) {
          yield {
            method, path: template.replace(`{${parameter.name}}`, encodeURIComponent(payload)).replace(/\{\w+\}/g, '1')
          }
        }
        for (const parameter of parameters.filter((parameter) => parameter.in === 'query')) {
          yield { method, path: `${path}?${parameter.name}=${encodeURIComponent(payload)}` }
        }
        const places = spotsOf({ body }).filter(([parent, key]) => typeof parent[key] === 'string').length
        for (let place = 0; place < places; place++) {
          const copy = structuredClone({ body })
          const [parent, key] = spotsOf(copy).filter(([parent, key]) => typeof parent[key] === 'string')[place]!
          parent[key] = payload
          yield { method, path, body: Buffer.from(write(copy.body)) }
        }
      }
    }
  }
}

const CALLERS: Record<string, [string, string][]> = {
  management: [['X-API-Key', KEYS.ADMIN_API_KEYS]],
  storefront: [['X-User-Id', userId(1)], ['X-User-Email', 'user1@example.com'], ['X-User-Role', 'admin']]
}

t.test('line breaks and NUL in any text of any operation end no line of the log and add no header', async (t) => {
  const faults: string[] = []
  let lines = 0
  const log = new Writable({
    write (chunk, _encoding, done) {
      lines += String(chunk).split('\n').length - 1
      faults.push(...logFaults(String(chunk)))
      done()
    }
  })
  const shop = await openOwnShop(t,
    { ...KEYS, LOG_LEVEL: 'info', TRUSTED_UPSTREAMS: '127.0.0.1/32', LOGIN_RATE_LIMIT: '1000000' }, log)
  const pool = await fillShop(shop)
  await shop.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = shop.app.server.address() as AddressInfo
  const taken = new Set<string>()
  let sent = 0
  for (const { method, path, body = null } of attacksOn(documentOf<Document>(shop.app), pool)) {
    const face = faceOf(path.split('?')[0]!)
    const answer = await send(port, {
      operation: `${method} ${path}`,
      face,
      method: method.toUpperCase(),
      path,
      headers: [
        ...CALLERS[face] ?? [['X-API-Key', KEYS.API_KEYS]],
        ...body ? [['Content-Type', 'application/json']] satisfies [string, string][] : []
      ],
      body,
      isChunked: false
    })
    sent++
    if (body && answer.status < 300) taken.add(`${method} ${path}`)
    if (answer.status >= 500) faults.push(`${answer.status} to ${method} ${path} ${String(body)}`)
    faults.push(...answer.faults.map((fault) => `${method} ${path}: ${fault}`))
  }
  t.strictSame(faults, [])
  t.ok([...taken].some((operation) => /^patch \/orders\/\d+$/.test(operation)), 'a change of an order among them')
  t.ok(taken.size >= 14, `${taken.size} addresses took such texts, which then come out again elsewhere`)
  // A request's line is written a moment after its answer.
  await until(() => lines >= sent, 'a line of log for each request', 10).catch(() => {})
  t.ok(lines >= sent, `${lines} lines of log for ${sent} requests`)
})

t.test('line breaks and markup in names, products and tracking end no line of an email', async (t) => {
  const mail = await openMailServer(t)
  const shop = await openOwnShop(t, mail.settings)
  const attack = 'Ann\r\nBcc: all@example.com\r\n\r\n<img src=x onerror=alert(1)>\u2028"'
  const good = { email_address: 'ann@example.com', password: 'password', order_notifications_via_email: true }
  const { json: user } = await shop.call('POST', '/users', {
    ...good, first_name: attack, last_name: attack, city: attack
  })
  t.equal(user.first_name, attack, 'a name is kept as it is')
  for (const field of ['first_name', 'last_name', 'email_address']) {
    t.equal(
      (await shop.call(
        'POST', '/users', { ...good, first_name: 'A', last_name: 'B', [field]: 'a\0@example.com' }
      )).status,
      400
    )
  }
  t.equal(
    (await shop.call('POST', '/users', {
      ...good, first_name: 'A', last_name: 'B', email_address: 'a@example.com\r\nBcc: b@example.com'
    })).status,
    400
  )
  t.equal((await shop.call('PATCH', '/api/v1/products/7', { name: attack })).status, 200)
  const { json } = await shop.call('POST', '/orders', {
    user_id: user.user_id, items: [{ product_id: 7, quantity: 2 }], delivery_name: attack, city: attack
  })
  const order = json.data[0].order_id
  t.equal((await shop.call('PATCH', `/orders/${order}`, {
    status: 'shipped',
    note: attack,
    changed_by: attack,
    tracking_number: attack,
    shipping_carrier: attack,
    tracking_url: `https://x.example/${attack}`
  })).status, 200)
  await shop.sql`update users.users set order_notifications_next_scheduled_time = now() - interval '1 second'
    where external_user_id = ${user.user_id}`
  await shop.app.notifications.remind(1000)
  await mail.arrived(2)
  t.equal((await shop.sql`select from gateway.emails`).length, 2, 'no other is to be sent')
  t.equal(mail.received.length, 2)
  for (const email of mail.received) {
    t.equal(email.to, 'ann@example.com')
    t.strictSame(Object.keys(email.headers).sort(), [
      'auto-submitted', 'content-type', 'date', 'from', 'list-unsubscribe', 'list-unsubscribe-post', 'message-id',
      'mime-version', 'subject', 'to'
    ], 'the headers of every email, and no other')
    t.match(email.headers.subject, /^(Your order \d+ is on its way|Time for your next order at Test & Shop)/)
    const { text, html } = partsOf(email)
    t.match(text, /^Hello Ann Bcc: all@example\.com <img src=x onerror=alert\(1\)> ",$/m,
      'what was a line of its own is none')
    t.notMatch(text, /^Bcc:|\u2028/m)
    t.notMatch(html, /<img|\u2028|^Bcc:/m)
    t.match(html, /&lt;img/)
  }
})
