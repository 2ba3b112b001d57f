import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { readFields, readIds } from './lists.ts'
import { SORTS } from './page.ts'
import { AisleList, DepartmentList, FIELDS, Product, ProductPage, SearchText } from './schema.ts'
import { Cursor, oneOf, pageInfo, Paging, ProductId, ref } from '../../schemas.ts'
import { KEY, responses } from '../faces/responses.ts'

const tags = ['Catalogue']
const DEFAULT_SIZE = 25
const { limit: { default: _, ...limit }, offset } = Paging(DEFAULT_SIZE)

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/products', {
    config: { isCatalogue: true },
    schema: {
      operationId: 'listProducts',
      summary: 'A page of the catalogue',
      description:
        'Filters combine. In the order of product ids, or as `sort` says; where `q` matches no name, the nearest ' +
          'names come, the nearest first unless they are sorted.',
      tags,
      querystring: Type.Object({
        categories: Type.Optional(Type.Array(Type.String({ maxLength: 255 }), {
          maxItems: 100, description: 'department names, in any case; repeat for several', examples: [['Greengrocer']]
        })),
        q: Type.Optional(SearchText),
        department_id: Type.Optional(ProductId),
        aisle_id: Type.Optional(ProductId),
        min_price: Type.Optional(Type.Number({ minimum: 0, maximum: 1e8 })),
        max_price: Type.Optional(Type.Number({ minimum: 0, maximum: 1e8 })),
        in_stock: Type.Optional(Type.Boolean({
          description: 'true: only what is not sold out; false: all, as without'
        })),
        ids: Type.Optional(Type.String({
          description: 'up to 100 product ids, separated by commas: only these; unknown ones are left out',
          examples: ['1,7,12']
        })),
        sort: Type.Optional(oneOf(SORTS, {
          description:
            'by id where it is not sent; what has no price comes last; `popularity`: what was ordered most often ' +
              'first, at most 15 s old'
        })),
        fields: Type.Optional(Type.String({
          description: `only these of an entry, separated by commas: ${FIELDS.join(', ')}`,
          examples: ['product_id,product_name,price']
        })),
        cursor: Type.Optional({ ...Cursor, maxLength: 1000 }),
        offset,
        limit: Type.Optional({
          ...limit, description: 'entries a page; 25 where it is not sent, with `ids` all of them'
        })
      }),
      response: responses({ 200: ref(ProductPage) }, 'INVALID_CURSOR', ...KEY)
    }
  }, async (request) => {
    const ids = readIds(request.query.ids)
    const fields = readFields(request.query.fields)
    const { limit = ids?.length ?? DEFAULT_SIZE, offset } = request.query
    const found = await fastify.catalogue.list({ ...request.query, ids, limit, offset })
    const products = fields
      ? found.products.map((product) => Object.fromEntries(fields.map((name) => [name, product[name]])))
      : found.products
    return { products, ...pageInfo(found.total, { limit, offset }), next_cursor: found.next_cursor }
  })

  fastify.get('/products/:product_id', {
    config: { isCatalogue: true, etag: 'body' },
    schema: {
      operationId: 'getProduct',
      summary: 'One product',
      description: 'With the names of its department and aisle.',
      tags,
      params: Type.Object({ product_id: ProductId }),
      response: responses({ 200: ref(Product) }, 'PRODUCT_NOT_FOUND', ...KEY)
    }
  }, async (request) => await fastify.catalogue.find(request.params.product_id))

  fastify.get('/departments', {
    config: { isCatalogue: true },
    schema: {
      operationId: 'listDepartments',
      summary: 'All departments',
      description: 'With the number of products in each.',
      tags,
      response: responses({ 200: ref(DepartmentList) }, ...KEY)
    }
  }, async () => ({ departments: await fastify.catalogue.listDepartments() }))

  fastify.get('/aisles', {
    config: { isCatalogue: true },
    schema: {
      operationId: 'listAisles',
      summary: 'All aisles',
      description: 'With the number of products in each.',
      tags,
      response: responses({ 200: ref(AisleList) }, ...KEY)
    }
  }, async () => ({ aisles: await fastify.catalogue.listAisles() }))
}

export default routes
