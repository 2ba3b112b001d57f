import { createRequire } from 'node:module'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { object, ref } from '../../schemas.ts'
import { responses } from '../faces/responses.ts'

const { name, version } = createRequire(import.meta.url)('../../package.json') as { name: string, version: string }

export const About = object('About', {
  name: Type.String(),
  version: Type.String(),
  docs: Type.String(),
  redoc: Type.String(),
  openapi: Type.String(),
  health: Type.String()
}, { examples: [{ name, version, docs: '/docs', redoc: '/redoc', openapi: '/openapi.json', health: '/health' }] })

/** The front page. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/', {
    schema: {
      operationId: 'getAbout',
      summary: 'Name, version, where to go next',
      description: 'The front page of the gateway.',
      tags: ['Gateway'],
      response: responses({ 200: ref(About) })
    }
  }, async () => ({ name, version, docs: '/docs', redoc: '/redoc', openapi: '/openapi.json', health: '/health' }))
}

export default routes
