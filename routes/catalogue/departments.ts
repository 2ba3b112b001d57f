import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { DepartmentList } from './index.ts'
import { ref } from '../../schemas.ts'
import { KEY, responses } from '../faces/responses.ts'

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/', {
    config: { isCatalogue: true },
    schema: {
      operationId: 'listDepartments',
      summary: 'All departments',
      description: 'With the number of products in each.',
      tags: ['Catalogue'],
      response: responses({ 200: ref(DepartmentList) }, ...KEY)
    }
  }, async () => ({ departments: await fastify.products.listDepartments() }))
}

export default routes
