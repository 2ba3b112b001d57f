import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Aisle } from './index.ts'
import { ref } from '../../schemas.ts'
import { KEY, responses } from '../faces/responses.ts'

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/', {
    config: { isCatalogue: true },
    schema: {
      summary: 'All aisles',
      tags: ['Catalogue'],
      response: responses({ 200: Type.Object({ aisles: Type.Array(ref(Aisle)) }) }, ...KEY)
    }
  }, async () => ({ aisles: await fastify.products.listAisles() }))
}

export default routes
