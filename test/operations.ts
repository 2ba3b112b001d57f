import type { Test } from 'tap'
import { openShop, userId, type Shop } from './helper.ts'

interface Schema {
  type?: string | string[],
  properties?: Record<string, Schema>,
  required?: string[],
  items?: Schema,
  format?: string,
  $ref?: string,
  examples?: unknown[]
}
interface Parameter { name: string, in: string, schema: Schema }
interface Content { schema: Schema, example?: unknown, examples?: Record<string, { value: unknown }> }
interface Described { parameters?: Parameter[], requestBody?: { content: Record<string, Content> }, responses: object }

/** An operation of the OpenAPI document, as a request for something that is there. */
export interface Operation {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  template: string
  path: string
  /** Parameters of the query. */
  query: Parameter[]
  /** The schema of a JSON body, and one that fits it. */
  body: Schema | undefined
  example: unknown
  statuses: string[]
}

/** What makes a caller of the storefront somebody who may do anything; the other faces take no notice. */
export const ADMIN = { 'x-user-id': 'walker', 'x-user-email': 'walker@example.com', 'x-user-role': 'admin' }

/** Every operation of the OpenAPI document; `values` are its path parameters. A route is in here by being there. */
export function operationsOf ({ app }: Shop, values: Record<string, string>): Operation[] {
  const { paths } = app.swagger() as unknown as { paths: Record<string, Record<string, Described>> }
  return Object.entries(paths)
    .flatMap(([template, operations]) => Object.entries(operations).map(([method, operation]) => {
      const path = template.replace(/\{(\w+)\}/g, (_, name: string) => values[name]!).replace(/(.)\/$/, '$1')
      const mine = (example: any) => typeof example?.user_id === 'string'
        ? { ...example, user_id: values.user_id }
        : example
      const content = operation.requestBody?.content['application/json']
      return {
        method: method.toUpperCase() as Operation['method'],
        template,
        path,
        query: (operation.parameters ?? []).filter((parameter) => parameter.in === 'query'),
        body: content?.schema,
        example: mine(
          content?.example ?? Object.values(content?.examples ?? {})[0]?.value ?? content?.schema.examples?.[0]
        ),
        statuses: Object.keys(operation.responses)
      }
    }))
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
 * The whole shop, with an order, an invoice and a cart of the first user, and every operation as a request for them.
 */
export async function openWalk (t: Test): Promise<Shop & { operations: Operation[], ask: Shop['call'] }> {
  const shop = await openShop(t)
  const placed = await shop.call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] })
  await shop.call('PUT', `/carts/${userId(1)}`, { items: [{ product_id: 2 }] })
  const [{ order_reference: reference }] =
    await shop.sql<[{ order_reference: string }]>`select order_reference from orders.orders`
  const operations = operationsOf(shop, {
    user_id: userId(1),
    order_id: placed.json.data[0].order_id,
    product_id: '1',
    order_number: reference,
    queue: 'emails',
    id: '1'
  })
  t.ok(operations.length >= 70, `${operations.length} operations`)
  /** As call, with the headers that let a caller in everywhere; whatever the answer is, it has an id. */
  const ask: Shop['call'] = async (method, path, body, headers) => {
    const answer = await shop.call(method, path, body, { ...ADMIN, ...headers })
    t.match(answer.headers['x-request-id'], /^[\w.:/+=@-]{1,128}$/, `${method} ${path}: X-Request-Id`)
    t.ok(answer.status < 500, `${method} ${path}: ${answer.status}`)
    return answer
  }
  return { ...shop, operations, ask }
}
