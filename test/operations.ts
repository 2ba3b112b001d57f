import type { Test } from 'tap'
import { documentOf } from './document.ts'
import { openShop, userId, type Shop } from './helper.ts'

interface Schema {
  type?: string | string[],
  properties?: Record<string, Schema>,
  required?: string[],
  items?: Schema,
  format?: string,
  $ref?: string,
  enum?: unknown[],
  examples?: unknown[]
}
interface Parameter { name: string, in: string, required?: boolean, schema: Schema }
interface Content { schema: Schema, example?: unknown, examples?: Record<string, { value: unknown }> }
interface Described {
  parameters?: Parameter[],
  requestBody?: { content: Record<string, Content> },
  responses: object,
  security: object[]
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/** An operation of the OpenAPI document, as a request for something that is there. */
export interface Operation {
  method: Method
  template: string
  path: string
  /** Parameters of the query, and those of them that must have one of some values, as text. */
  query: Parameter[]
  needed: string
  /** The schema of a JSON body, and one that fits it. */
  body: Schema | undefined
  example: unknown
  statuses: string[]
}

/** What makes a caller of the storefront somebody who may do anything; the other faces take no notice. */
export const ADMIN = { 'x-user-id': 'walker', 'x-user-email': 'walker@example.com', 'x-user-role': 'admin' }

/**
 * Every operation of the OpenAPI document, without a slash at the end: whatever goes over all routes begins here. A
 * route is in the list by being there.
 */
export function listOperations (
  { app }: Pick<Shop, 'app'>
): { method: Method, template: string, operation: Described }[] {
  const { paths } = documentOf<{ paths: Record<string, Record<string, Described>> }>(app)
  const list = Object.entries(paths)
    .flatMap(([path, operations]) => Object.entries(operations).map(([method, operation]) =>
      ({ method: method.toUpperCase() as Method, template: path.replace(/(.)\/$/, '$1'), operation })))
  if (list.length < 70) throw new Error(`the OpenAPI document has ${list.length} operations: not the whole shop`)
  return list
}

/** The same as requests; `values` are their path parameters. */
export function operationsOf (shop: Shop, values: Record<string, string>): Operation[] {
  return listOperations(shop).map(({ method, template, operation }) => {
    const path = template.replace(/\{(\w+)\}/g, (_, name: string) => values[name]!)
    const mine = (example: any) => typeof example?.user_id === 'string'
      ? { ...example, user_id: values.user_id }
      : example
    const content = operation.requestBody?.content['application/json']
    const query = (operation.parameters ?? []).filter((parameter) => parameter.in === 'query')
    return {
      method,
      template,
      path,
      query,
      needed: query.filter(({ required, schema }) => required && schema.enum)
        .map(({ name, schema }) => `${name}=${schema.enum![0]}&`).join(''),
      body: content?.schema,
      example: mine(
        content?.example ?? Object.values(content?.examples ?? {})[0]?.value ?? content?.schema.examples?.[0]
      ),
      statuses: Object.keys(operation.responses)
    }
  })
}

/** Where an operation is served a second time, for older clients. */
export const legacyPath = ({ path }: Operation): string | undefined =>
  path.startsWith('/api/') || path.startsWith('/notifications/') || path === '/metrics' ? undefined : `/legacy${path}`

/** Every property within a schema, with its path. */
export function * propertiesOf (
  schema: Schema, where = ''
): Generator<{ where: string, name: string, property: Schema, isRequired: boolean }> {
  if (schema.items) yield * propertiesOf(schema.items, `${where}[]`)
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    yield { where: `${where}.${name}`, name, property, isRequired: schema.required?.includes(name) ?? false }
    yield * propertiesOf(property, `${where}.${name}`)
  }
}

/**
 * The whole shop, with an order, an invoice and a cart of the first user, a webhook that is off, and every operation as
 * a request for them.
 */
export async function openWalk (t: Test): Promise<Shop & { operations: Operation[], ask: Shop['call'] }> {
  const shop = await openShop(t)
  const placed = await shop.call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] })
  await shop.call('PUT', `/carts/${userId(1)}`, { items: [{ product_id: 2 }] })
  const [{ order_reference: reference }] =
    await shop.sql<[{ order_reference: string }]>`select order_reference from orders.orders`
  const webhook = await shop.call('POST', '/api/v1/webhooks', { url: 'https://consumer.example', active: false })
  const delivery = await shop.call('POST', `/api/v1/webhooks/${webhook.json.id}/test`)
  const operations = operationsOf(shop, {
    webhook_id: String(webhook.json.id),
    delivery_id: String(delivery.json.id),
    user_id: userId(1),
    order_id: placed.json.data[0].order_id,
    product_id: '1',
    order_number: reference,
    queue: 'emails',
    kind: 'inventory',
    id: '1'
  })
  /** As call, with the headers that let a caller in everywhere; whatever the answer is, it has an id. */
  const ask: Shop['call'] = async (method, path, body, headers) => {
    const answer = await shop.call(method, path, body, { ...ADMIN, ...headers })
    t.match(answer.headers['x-request-id'], /^[\w.:/+=@-]{1,128}$/, `${method} ${path}: X-Request-Id`)
    t.ok(answer.status < 500, `${method} ${path}: ${answer.status}`)
    return answer
  }
  return { ...shop, operations, ask }
}
