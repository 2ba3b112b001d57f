import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { FailedJob, QUEUES, QueueState } from './index.ts'
import { problem } from '../../problems.ts'
import { oneOf, Paging } from '../../schemas.ts'
import { ADMIN, BODY, responses } from '../faces/responses.ts'

const tags = ['Management: jobs']
const Queue = oneOf(QUEUES)
const params = Type.Object({ queue: Queue })
const Retried = Type.Object({ queue: Queue, retried: Type.Integer() })
const AllRetried = Type.Object({
  ...Retried.properties,
  remaining: Type.Integer({
    description: 'what there was no time for, beyond about 100,000: send the request again until it is 0'
  })
})

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  // A queue in the path that is not there is as absent as any resource, before it is a parameter that is not valid.
  fastify.addHook('preValidation', async (request) => {
    const { queue } = request.params as { queue?: string }
    if (queue !== undefined && !QUEUES.some((name) => name === queue)) throw problem('QUEUE_NOT_FOUND')
  })

  fastify.get('/jobs', {
    schema: {
      summary: 'What waits, since when, and what failed for good, in each queue',
      tags,
      response: responses({ 200: Type.Object({ queues: Type.Array(QueueState) }) }, ...ADMIN)
    }
  }, async () => ({ queues: await fastify.operations.listQueues() }))

  fastify.get('/jobs/:queue/failed', {
    schema: {
      summary: 'What failed for good, and why; the latest first',
      tags,
      params,
      querystring: Type.Object(Paging(20)),
      response: responses({
        200: Type.Object({
          failed: Type.Array(FailedJob), total: Type.Integer(), limit: Type.Integer(), offset: Type.Integer()
        })
      }, 'QUEUE_NOT_FOUND', ...ADMIN)
    }
  }, async (request) => {
    const { limit, offset } = request.query
    return { ...await fastify.operations.listFailed(request.params.queue, request.query), limit, offset }
  })

  fastify.post('/jobs/:queue/failed/retry', {
    schema: {
      summary: 'Try everything again that failed for good',
      tags,
      params,
      response: responses({ 200: AllRetried }, 'QUEUE_NOT_FOUND', ...ADMIN, ...BODY)
    }
  }, async (request) => {
    const { queue } = request.params
    return { queue, ...await fastify.operations.retryAll(queue) }
  })

  fastify.post('/jobs/:queue/failed/:id/retry', {
    schema: {
      summary: 'Try one again that failed for good',
      tags,
      params: Type.Object({ queue: Queue, id: Type.String({ maxLength: 64, examples: ['1'] }) }),
      response: responses({ 200: Retried }, 'QUEUE_NOT_FOUND', 'JOB_NOT_FOUND', ...ADMIN, ...BODY)
    }
  }, async (request) => {
    const { queue, id } = request.params
    await fastify.operations.retryOne(queue, id)
    return { queue, retried: 1 }
  })
}

export default routes
