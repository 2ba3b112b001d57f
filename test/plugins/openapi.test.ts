import { Ajv2020 } from 'ajv/dist/2020.js'
import ajvFormats from 'ajv-formats'
import t from 'tap'
import { isEmailAddress } from '../../common/addresses.ts'
import { all } from '../checks.ts'
import { documentOf, find } from '../document.ts'
import { openShop } from '../helper.ts'

interface Media { schema?: object, example?: unknown, examples?: Record<string, { value: unknown }> }
interface Operation {
  summary?: string
  tags?: string[]
  operationId?: string
  parameters?: { name: string, in: string, required?: boolean, schema: object }[]
  description?: string
  requestBody?: { required: boolean, content: Record<string, Media> }
  responses: Record<string, { description?: string, headers?: Record<string, object>, content?: Record<string, Media> }>
}
interface Document {
  openapi: string
  info: { title: string, version: string, description: string }
  tags: { name: string, description: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object>, securitySchemes: Record<string, object> }
}

/** Every value of a document under some key, however deep. */
function * valuesOf (node: unknown, key: string): Generator {
  if (typeof node !== 'object' || node === null) return
  for (const [name, value] of Object.entries(node)) {
    if (name === key) yield value
    yield * valuesOf(value, key)
  }
}

const operationsOf = (document: Document) => Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({ where: `${method} ${path}`, path, method, operation })))

t.test('the OpenAPI document', async (t) => {
  const shop = await openShop(t, { API_KEYS: 'key' })
  const answer = await shop.app.inject('/openapi.json')
  const document: Document = answer.json()
  const operations = operationsOf(documentOf(shop.app))

  await t.test('is served as JSON, version 3.1', async (t) => {
    t.match(answer, { statusCode: 200, headers: { 'content-type': /^application\/json/ } })
    t.match(document, { openapi: /^3\.1\./, info: { title: 'db-service', version: /^\d+\.\d+\.\d+$/ } })
    t.same(Object.keys(document.components.securitySchemes).sort(),
      [
        'adminBasic', 'adminBearer', 'adminKey', 'apiKey', 'basic', 'bearer', 'token', 'upstreamUserEmail',
        'upstreamUserId', 'upstreamUserRole'
      ])
  })

  await t.test('names every route of the service, management and storefront APIs', async (t) => {
    const expected = [
      'get /', 'get /health', 'get /livez', 'get /readyz', 'get /products/', 'get /products/{product_id}',
      'get /departments/', 'get /aisles/',
      'post /users/', 'get /users/', 'post /users/login', 'get /users/{user_id}', 'put /users/{user_id}',
      'delete /users/{user_id}',
      'post /users/{user_id}/password', 'put /users/{user_id}/password', 'post /users/{user_id}/email',
      'put /users/{user_id}/email',
      'get /users/{user_id}/notification-settings', 'put /users/{user_id}/notification-settings',
      'get /users/{user_id}/export',
      'get /users/{user_id}/order-status-notifications', 'post /carts/', 'get /carts/{user_id}', 'put /carts/{user_id}',
      'delete /carts/{user_id}', 'post /carts/{user_id}/items', 'put /carts/{user_id}/items/{product_id}',
      'delete /carts/{user_id}/items/{product_id}', 'delete /carts/{user_id}/clear', 'post /carts/{user_id}/checkout',
      'post /orders/',
      'get /orders/', 'get /orders/user/{user_id}', 'get /orders/{order_id}', 'patch /orders/{order_id}',
      'delete /orders/{order_id}',
      'post /orders/{order_id}/items', 'put /orders/{order_id}/invoice', 'get /orders/{order_id}/invoice',
      'post /query',
      'get /api/v1/orders', 'post /api/v1/orders', 'get /api/v1/orders/{order_id}', 'patch /api/v1/orders/{order_id}',
      'get /api/v1/products', 'post /api/v1/products', 'get /api/v1/products/{product_id}',
      'patch /api/v1/products/{product_id}',
      'get /api/v1/users', 'get /api/v1/users/{user_id}', 'patch /api/v1/users/{user_id}',
      'post /api/auth/register', 'post /api/auth/login', 'get /api/products', 'get /api/products/{product_id}',
      'post /api/orders', 'get /api/orders',
      'get /api/orders/{order_id}', 'get /api/orders/number/{order_number}', 'delete /api/orders/{order_id}/cancel',
      'patch /api/orders/{order_id}/cancel', 'get /api/orders/all', 'put /api/orders/{order_id}',
      'patch /api/orders/{order_id}/status',
      'post /api/carts', 'get /api/carts/{user_id}', 'put /api/carts/{user_id}', 'delete /api/carts/{user_id}',
      'post /api/carts/{user_id}/items',
      'put /api/carts/{user_id}/items/{product_id}', 'delete /api/carts/{user_id}/items/{product_id}',
      'delete /api/carts/{user_id}/clear',
      'post /api/carts/{user_id}/checkout', 'get /api/users/{user_id}', 'put /api/users/{user_id}'
    ]
    const plain = (where: string) => where.replace(/(.)\/$/, '$1').replace(/ $/, ' /')
    const found = new Set(operations.map(({ where }) => plain(where)))
    for (const where of expected.map(plain)) t.ok(found.has(where), where)
  })

  await t.test('asks for no parameter that has a default', async (t) => {
    for (const { where, operation } of operations) {
      for (const { name, required, schema } of operation.parameters ?? []) {
        if ('default' in schema) t.notOk(required, `${where}: ${name}`)
      }
    }
  })

  await t.test('says of every operation what it does, under a known tag, and what it answers', async (t) => {
    const tags = document.tags.map(({ name }) => name)
    let withParameters = 0
    for (const { where, path, operation } of operations) {
      t.match(operation.summary, /\S/, `${where}: summary`)
      t.match(operation.description, /\S/, `${where}: description`)
      t.ok(operation.tags?.length === 1 && tags.includes(operation.tags[0]!), `${where}: tag`)
      const statuses = Object.keys(operation.responses)
      t.ok(statuses.some((status) => status.startsWith('2')), `${where}: an answer when all is well`)
      t.notOk(statuses.includes('default'), `${where}: every status by itself`)
      for (const [status, { description, content }] of Object.entries(operation.responses)) {
        t.type(description, 'string', `${where} ${status}: description`)
        if (['204', '304'].includes(status)) t.equal(content, undefined, `${where} ${status}: no body`)
        else all(t, Object.values(content ?? {}), ({ schema }) => schema, `${where} ${status}: schema`)
        if (Number(status) >= 400 && !path.endsWith('/health')) {
          t.same(Object.keys(content!), ['application/problem+json'], `${where} ${status}: problem details`)
          t.ok(Object.keys(content!['application/problem+json']!.examples ?? {}).length > 0,
            `${where} ${status}: an example for each code`)
        }
      }
      const declared = operation.parameters?.filter((parameter) => parameter.in === 'path').map(({ name }) => name) ??
        []
      t.same(declared.sort(), [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort(),
        `${where}: its path parameters`)
      t.strictSame(operation.parameters?.filter(({ schema }) => !schema), operation.parameters && [],
        `${where}: parameters with schemas`)
      withParameters += operation.parameters ? 1 : 0
    }
    t.ok(withParameters >= 40, `${withParameters} operations with parameters`)
  })

  await t.test('refers to nothing that is not there, and holds only schemas of JSON Schema 2020-12', async (t) => {
    const references = [...valuesOf(document, '$ref')] as string[]
    t.ok(references.length > 20)
    for (const reference of new Set(references)) t.ok(find(document, reference), reference)
    const ajv = new Ajv2020({ strict: false })
    ajvFormats.default(ajv)
    ajv.addSchema(document, 'document')
    for (const schema of valuesOf(document, 'schema')) t.ok(ajv.validateSchema(schema as object), ajv.errorsText())
    t.same([...valuesOf(document, 'nullable')], [], 'nullable is no word of 3.1')
    t.notMatch(answer.body, /"\$id"/, 'ids are none of the reader’s business')
  })

  await t.test('has an example for each body and each 2xx, and each matches its own schema', async (t) => {
    const ajv = new Ajv2020({ strict: false, allErrors: true })
    ajvFormats.default(ajv)
    ajv.addFormat('timestamp', true).addFormat('idn-email', isEmailAddress)
    const check = ({ schema, example, examples = {} }: Media, where: string) => {
      const given = [example, ...Object.values(examples).map(({ value }) => value)].filter((one) => one !== undefined)
      t.ok(given.length > 0, `${where}: an example`)
      const validate = ajv.compile(schema!)
      for (const one of given) t.ok(validate(one), `${where}: ${ajv.errorsText(validate.errors)}`)
    }
    for (const { where, operation } of operations) {
      for (const [type, media] of Object.entries(operation.requestBody?.content ?? {})) {
        if (type.includes('json')) check(media, where)
      }
      for (const [status, { content }] of Object.entries(operation.responses)) {
        for (const [type, media] of Object.entries(content ?? {})) {
          check(media, `${where} ${status} ${type}`)
          if (!type.startsWith('application/problem')) continue
          for (const [code, { value }] of Object.entries(media.examples!)) {
            t.match(value, {
              type: 'about:blank', title: /./, status: Number(status), detail: /./, code, request_id: /./
            })
          }
        }
      }
    }
  })

  await t.test('names each operation, each body and each list of the tags', async (t) => {
    const names = operations.map(({ operation }) => operation.operationId!)
    for (const { where, operation } of operations) {
      t.match(operation.operationId, /^[a-z]+([A-Z][a-z]+)*$/, `${where}: operationId`)
    }
    t.equal(new Set(names).size, names.length, 'no two of one name')
    for (const name of [
      'createOrder', 'listUserOrders', 'getCart', 'getOwnCart', 'listManagedOrders', 'listOwnOrders'
    ]) {
      t.ok(names.includes(name), name)
    }
    for (const { name, description } of document.tags) t.match(description, /\S/, name)
    for (const { path, where, method } of operations) {
      const given = document.paths[path]![method]!.requestBody as { $ref?: string } | undefined
      const body = (given?.$ref ? find(document, given.$ref) : given) as Operation['requestBody']
      const json = body?.content['application/json']
      if (json) t.match(json.schema, { $ref: /^#\/components\/schemas\/[A-Z]/ }, `${where}: a named body`)
      if (body) t.equal(body.required, !path.endsWith('/checkout'), `${where}: whether a body is needed`)
    }
  })

  await t.test('announces the headers that callers look for', async (t) => {
    const headersOf = (name: string, status: string) =>
      Object.keys(
        operations.find(({ operation }) => operation.operationId === name)!.operation.responses[status]!.headers ?? {}
      )
    t.same(headersOf('createOrder', '201'), ['ETag', 'Location', 'Idempotency-Replayed'])
    t.same(headersOf('createOrder', '409'), ['Idempotency-Replayed'])
    t.same(headersOf('updateOrder', '409'), [], 'only an order that is created is replayed')
    t.same(headersOf('getOrder', '200'), ['ETag'])
    t.same(headersOf('getOrder', '304'), ['ETag'])
    t.same(headersOf('getOwnOrder', '200'), ['ETag', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'])
    t.same(headersOf('logInUser', '200'), ['ETag', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset'])
    t.ok(headersOf('getAbout', '200').includes('RateLimit-Limit'), 'whoever asks without a key is counted')
    t.match(document.info.description, /refusal can have the `RateLimit` headers/)
    for (const { where, operation } of operations) {
      const { 401: refused } = operation.responses
      if (refused) t.ok('RateLimit-Limit' in refused.headers!, `${where} 401: nor do guesses at keys go uncounted`)
      t.ok('Retry-After' in operation.responses[503]!.headers!, `${where} 503: Retry-After`)
      t.ok(['Retry-After', 'RateLimit-Reset'].every((name) => name in operation.responses[429]!.headers!),
        `${where} 429`)
    }
  })

  await t.test('says once what operations have in common: under 230 kB', async (t) => {
    t.ok(Buffer.byteLength(answer.body) < 230_000, `${Buffer.byteLength(answer.body)} bytes`)
    for (const status of ['429', '500', '503']) {
      t.same(document.paths['/orders']!.post!.responses[status], { $ref: `#/components/responses/${status}` })
    }
  })
})
