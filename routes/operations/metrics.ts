import { Type } from '@sinclair/typebox'
import type { FastifyPluginAsync } from 'fastify'
import { KEY, responses } from '../faces/responses.ts'

/**
 * For Prometheus: needs an API key, since the numbers of a shop are its own business (`authorization: { credentials: …
 * }` there).
 */
const routes: FastifyPluginAsync = async (fastify) => {
  fastify.get('/metrics', {
    schema: {
      operationId: 'getMetrics',
      summary: 'Measurements in Prometheus’ text format',
      description: 'Of this gateway alone: each counts for itself.',
      tags: ['Gateway'],
      response: responses(
        {
          200: Type.Unsafe({
            content: {
              'text/plain': { schema: { type: 'string' }, example: 'db_service_queue_depth{queue="emails"} 3' }
            }
          })
        },
        ...KEY
      )
    }
  }, async (_request, reply) => {
    const { contentType, text } = await fastify.metrics.read()
    return reply.type(contentType).send(text)
  })
}

export default routes
