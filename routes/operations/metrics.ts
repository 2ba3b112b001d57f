import { Type } from '@sinclair/typebox'
import type { FastifyInstance, FastifyPluginAsync } from 'fastify'
import { KEY, responses } from '../faces/responses.ts'

/** The route of what Prometheus reads, behind whatever guard its scope has. */
export function showMetrics (fastify: FastifyInstance): void {
  fastify.get('/metrics', {
    schema: {
      operationId: 'getMetrics',
      summary: 'Measurements in Prometheus’ text format',
      description: 'Of this gateway alone: each counts for itself. With `ADMIN_PORT` set it is there, without a key, ' +
        'and not here.',
      tags: ['Gateway'],
      response: responses(
        {
          200: Type.Unsafe({
            content: {
              'text/plain': { schema: { type: 'string' }, example: 'db_service_queue_depth{queue="emails"} 3' }
            }
          })
        },
        'NOT_FOUND', ...KEY
      )
    }
  }, async (_request, reply) => {
    const { contentType, text } = await fastify.metrics.read()
    return reply.type(contentType).send(text)
  })
}

/**
 * Among the shop's routes it needs an API key, since the numbers of a shop are its own business (`authorization: {
 * credentials: … }` in Prometheus). With a port of its own (admin.ts) it is there alone.
 */
const routes: FastifyPluginAsync = async (fastify) => {
  if (fastify.config.ADMIN_PORT === undefined) showMetrics(fastify)
}

export default routes
