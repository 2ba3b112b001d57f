import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { AisleList, DepartmentList, Product, ProductPage, SearchText } from './schema.ts'
import { Cursor, pageInfo, Paging, ProductId, ref } from '../../schemas.ts'
import { KEY, responses } from '../faces/responses.ts'

const tags = ['Catalogue']

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/products', {
    config: { isCatalogue: true },
    schema: {
      operationId: 'listProducts',
      summary: 'A page of the catalogue',
      description:
        'Filters combine. In the order of product ids; where `q` matches no name, the nearest names come, the ' +
          'nearest first.',
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
      response: responses({ 200: ref(ProductPage) }, 'INVALID_CURSOR', ...KEY)
    }
  }, async (request) => {
    const { products, total, next_cursor: next } = await fastify.catalogue.list(request.query)
    return { products, ...pageInfo(total, request.query), next_cursor: next }
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
