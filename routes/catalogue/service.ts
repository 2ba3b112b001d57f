import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Aisle, Department, Product, SearchText } from './schema.ts'
import { Cursor, nullable, PageInfo, pageInfo, Paging, ProductId, ref } from '../../schemas.ts'
import { KEY, responses } from '../faces/responses.ts'

const ProductPage = Type.Object({
  products: Type.Array(ref(Product)), ...PageInfo, next_cursor: nullable(Type.String())
})
const tags = ['Catalogue']

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/products', {
    config: { isCatalogue: true },
    schema: {
      summary: 'A page of the catalogue, by product id',
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
        cursor: Type.Optional(Cursor),
        ...Paging(25)
      }),
      response: responses({ 200: ProductPage }, 'INVALID_CURSOR', ...KEY)
    }
  }, async (request) => {
    const { products, total, next_cursor: next } = await fastify.catalogue.list(request.query)
    return { products, ...pageInfo(total, request.query), next_cursor: next }
  })

  fastify.get('/products/:product_id', {
    config: { isCatalogue: true, etag: 'body' },
    schema: {
      summary: 'One product',
      tags,
      params: Type.Object({ product_id: ProductId }),
      response: responses({ 200: ref(Product) }, 'PRODUCT_NOT_FOUND', ...KEY)
    }
  }, async (request) => await fastify.catalogue.find(request.params.product_id))

  fastify.get('/departments', {
    config: { isCatalogue: true },
    schema: {
      summary: 'All departments',
      tags,
      response: responses({ 200: Type.Object({ departments: Type.Array(ref(Department)) }) }, ...KEY)
    }
  }, async () => ({ departments: await fastify.catalogue.listDepartments() }))

  fastify.get('/aisles', {
    config: { isCatalogue: true },
    schema: {
      summary: 'All aisles', tags, response: responses({ 200: Type.Object({ aisles: Type.Array(ref(Aisle)) }) }, ...KEY)
    }
  }, async () => ({ aisles: await fastify.catalogue.listAisles() }))
}

export default routes
