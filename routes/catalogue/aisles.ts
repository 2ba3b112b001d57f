import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AisleList } from './index.ts'
import { ref } from '../../schemas.ts'
import { KEY, responses } from '../faces/responses.ts'

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/', {
    config: { isCatalogue: true },
    schema: {
      operationId: 'listAisles',
      summary: 'All aisles',
      description: 'With the number of products in each.',
      tags: ['Catalogue'],
      response: responses({ 200: ref(AisleList) }, ...KEY)
    }
  }, async () => ({ aisles: await fastify.products.listAisles() }))
}

export default routes
