import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Product, ProductPage, SearchText } from './index.ts'
import { Cursor, pageInfo, Paging, ProductId, ref } from '../../schemas.ts'
import { KEY, responses } from '../faces/responses.ts'

const tags = ['Catalogue']

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/', {
    config: { isCatalogue: true },
    schema: {
      operationId: 'listProducts',
      summary: 'A page of the catalogue',
      description: 'Filters combine. In the order of product ids; where `q` matches no name, the nearest names come, the nearest first.',
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
    const { products, total, next_cursor: next } = await fastify.products.list(request.query)
    return { products, ...pageInfo(total, request.query), next_cursor: next }
  })

  fastify.get('/:product_id', {
    config: { isCatalogue: true, etag: 'body' },
    schema: {
      operationId: 'getProduct',
      summary: 'One product',
      description: 'With the names of its department and aisle.',
      tags,
      params: Type.Object({ product_id: ProductId }),
      response: responses({ 200: ref(Product) }, 'PRODUCT_NOT_FOUND', ...KEY)
    }
  }, async (request) => await fastify.products.find(request.params.product_id))
}

export default routes
