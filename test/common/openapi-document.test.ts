import t from 'tap'
import { share, type Document } from '../../common/openapi-document.ts'

const refusal = (...codes: string[]) => ({
  description: codes.join(),
  content: {
    'application/problem+json': {
      schema: { $ref: '#/components/schemas/Problem' },
      examples: Object.fromEntries(codes.map((code) => [code, { value: { code } }]))
    }
  }
})
const cart = {
  description: 'OK',
  headers: { ETag: {} },
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Cart' } } }
}
const id = { name: 'id', in: 'path', required: true, schema: { title: 'CartId', type: 'string' } }
const limit = (value: number) => ({
  name: 'limit', in: 'query', required: false, schema: { type: 'integer', default: value }
})

/** No two places of a document share an object. */
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value))

function shared (): { paths: Document['paths'], components: Record<string, Record<string, any>> } {
  const document = copy({
    security: [{ key: [] }],
    paths: {
      '/carts': {
        get: {
          security: [{ key: [] }],
          parameters: [id, limit(20)],
          responses: { 200: cart, 404: refusal('CART_NOT_FOUND', 'USER_NOT_FOUND'), 429: refusal('TOO_MANY_REQUESTS') }
        },
        put: {
          security: [{ token: [] }],
          'x-optional-body': true,
          requestBody: {
            required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/Cart' } } }
          },
          parameters: [id, limit(25)],
          responses: {
            200: cart,
            404: refusal('CART_NOT_FOUND', 'USER_NOT_FOUND'),
            409: refusal('CONFLICT'),
            429: refusal('TOO_MANY_REQUESTS')
          }
        },
        patch: { parameters: [limit(20)], responses: { 410: refusal('USER_NOT_FOUND') } },
        delete: { parameters: [limit(25)], responses: {} }
      },
      '/carts/{id}': {
        get: { parameters: [id], responses: {} },
        put: { parameters: [id, limit(20)], responses: {} }
      }
    },
    components: {
      schemas: {
        Cart: {
          type: 'object',
          properties: {
            id: { title: 'CartId', type: 'string', description: 'a number' },
            other: { title: 'CartId', type: ['string', 'null'] }
          },
          examples: [{ id: '1' }]
        }
      }
    }
  })
  share(document as unknown as Document)
  return document as never
}

t.test('what is there several times is a component, and what is there once stays where it is', async (t) => {
  const { paths, components } = shared()
  const { get, put } = paths['/carts']!
  t.same(get!.responses, {
    200: { $ref: '#/components/responses/Cart' },
    404: { $ref: '#/components/responses/CartNotFound' },
    429: { $ref: '#/components/responses/429' }
  })
  t.match(put!.responses[409], {
    description: 'CONFLICT',
    content: { 'application/problem+json': { examples: { CONFLICT: { value: { code: 'CONFLICT' } } } } }
  })
  t.same(components.responses.CartNotFound.content['application/problem+json'].examples.USER_NOT_FOUND,
    { $ref: '#/components/examples/USER_NOT_FOUND' })
  t.same(components.examples.USER_NOT_FOUND, { value: { code: 'USER_NOT_FOUND' } })
  t.notOk('CART_NOT_FOUND' in components.examples, 'what one response shows alone stays with it')
})

t.test('two parameters of one name are two components', async (t) => {
  const { paths, components } = shared()
  t.same(paths['/carts']!.get!.parameters, [
    { $ref: '#/components/parameters/id' }, { $ref: '#/components/parameters/limit' }
  ])
  t.same(paths['/carts']!.put!.parameters!.at(-1), { $ref: '#/components/parameters/limit-2' })
  t.match([components.parameters.limit, components.parameters['limit-2']], [
    { schema: { default: 20 } }, { schema: { default: 25 } }
  ])
  t.notOk('required' in components.parameters.limit, 'which is what is meant without saying')
})

t.test('what each operation of a path takes stands beside them', async (t) => {
  const { get, put, parameters } = shared().paths['/carts/{id}'] as Record<string, any>
  t.same(parameters, [{ $ref: '#/components/parameters/id' }])
  t.same([get.parameters, put.parameters], [undefined, [{ $ref: '#/components/parameters/limit' }]])
})

t.test('headers, titles, examples, bodies and security', async (t) => {
  const { paths, components } = shared()
  const { get, put } = paths['/carts']!
  t.same(components.responses.Cart.headers, { ETag: { $ref: '#/components/headers/ETag' } })
  t.same(components.schemas.CartId, { type: 'string', description: 'a number' })
  t.same(components.schemas.Cart.properties, {
    id: { $ref: '#/components/schemas/CartId' }, other: { type: ['string', 'null'] }
  })
  t.same(components.parameters.id.schema, { $ref: '#/components/schemas/CartId' })
  t.same(components.responses.Cart.content['application/json'].examples, {
    Cart: { $ref: '#/components/examples/Cart' }
  })
  t.notOk('examples' in components.schemas.Cart, 'the example has moved')
  t.notOk('headers' in components.responses['429'], 'none is none')
  t.match(put!.requestBody, { required: false })
  t.notOk('x-optional-body' in put!)
  t.same([get!.security, put!.security], [undefined, [{ token: [] }]], 'only who differs says who may call')
})
