import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { Department } from './index.ts'
import { ref } from '../../schemas.ts'
import { KEY, responses } from '../faces/responses.ts'

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/', {
    config: { isCatalogue: true },
    schema: {
      summary: 'All departments',
      tags: ['Catalogue'],
      response: responses({ 200: Type.Object({ departments: Type.Array(ref(Department)) }) }, ...KEY)
    }
  }, async () => ({ departments: await fastify.products.listDepartments() }))
}

export default routes
