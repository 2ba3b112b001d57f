import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { FailedJobPage, Queue, QUEUES, QueueList, RetriedJob, RetriedJobs } from './index.ts'
import { InvariantList } from './invariants.ts'
import { problem } from '../../common/problems.ts'
import { Paging, ref } from '../../schemas.ts'
import { ADMIN, BODY, responses } from '../faces/responses.ts'

const tags = ['Management: jobs']
const params = Type.Object({ queue: Queue })

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  // A queue in the path that is not there is as absent as any resource, before it is a parameter that is not valid.
  fastify.addHook('preValidation', async (request) => {
    const { queue } = request.params as { queue?: string }
    if (queue !== undefined && !QUEUES.some((name) => name === queue)) throw problem('QUEUE_NOT_FOUND')
  })

  fastify.get('/jobs', {
    schema: {
      operationId: 'listQueues',
      summary: 'The queues',
      description: 'What waits in each and since when, what failed for good, and what keeps all of it waiting.',
      tags,
      response: responses({ 200: ref(QueueList) }, ...ADMIN)
    }
  }, async () => ({ queues: await fastify.operations.listQueues() }))

  fastify.get('/jobs/:queue/failed', {
    schema: {
      operationId: 'listFailedJobs',
      summary: 'What failed for good',
      description: 'With the reason; the latest first.',
      tags,
      params,
      querystring: Type.Object(Paging(20)),
      response: responses({ 200: ref(FailedJobPage) }, 'QUEUE_NOT_FOUND', ...ADMIN)
    }
  }, async (request) => {
    const { limit, offset } = request.query
    return { ...await fastify.operations.listFailed(request.params.queue, request.query), limit, offset }
  })

  fastify.post('/jobs/:queue/failed/retry', {
    schema: {
      operationId: 'retryFailedJobs',
      summary: 'Retry everything that failed for good',
      description: 'As much as one request has time for; `remaining` says what is left.',
      tags,
      params,
      response: responses({ 200: ref(RetriedJobs) }, 'QUEUE_NOT_FOUND', ...ADMIN, ...BODY)
    }
  }, async (request) => {
    const { queue } = request.params
    return { queue, ...await fastify.operations.retryAll(queue) }
  })

  fastify.post('/jobs/:queue/failed/:id/retry', {
    schema: {
      operationId: 'retryFailedJob',
      summary: 'Retry one job that failed for good',
      description: 'By the id that the list of failed jobs gives.',
      tags,
      params: Type.Object({ queue: Queue, id: Type.String({ maxLength: 64, examples: ['1'] }) }),
      response: responses({ 200: ref(RetriedJob) }, 'QUEUE_NOT_FOUND', 'JOB_NOT_FOUND', ...ADMIN, ...BODY)
    }
  }, async (request) => {
    const { queue, id } = request.params
    await fastify.operations.retryOne(queue, id)
    return { queue, retried: 1 }
  })

  fastify.get('/invariants', {
    schema: {
      operationId: 'listInvariants',
      summary: 'Whether the shop’s laws hold',
      description: 'What must always be true of orders, sums, stock and queues, what breaks it, and when each was ' +
        'looked at: the last days and a month of the rest in turn, anew after a minute.',
      tags: ['Management: invariants'],
      response: responses({ 200: ref(InvariantList) }, ...ADMIN)
    }
  }, async () => await fastify.invariants.look())
}

export default routes
