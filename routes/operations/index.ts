import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { Moment, nullable, oneOf } from '../../schemas.ts'
import { problem } from '../../problems.ts'

export const QUEUES = ['reminders', 'emails', 'order-events', 'housekeeping'] as const
export type Queue = typeof QUEUES[number]

/** The queues that are ticks of pg-boss; the others are rows of our own. */
const TICKED: readonly Queue[] = ['reminders', 'housekeeping']

export const QueueState = Type.Object({
  queue: oneOf(QUEUES),
  depth: Type.Integer({ description: 'what waits or is under way: users due, emails, events, ticks' }),
  oldest: nullable({ ...Moment, description: 'since when the oldest of them waits' }),
  failed: Type.Integer({ description: 'what failed for good' }),
  fault: nullable(Type.Object({
    reason: Type.String({ examples: ['NOT_ALLOWED - vhost shop not found'] }),
    since: Moment
  }, { description: 'what keeps all of it waiting, in the words of the broker or mail server, and since when' }))
})

export const FailedJob = Type.Object({
  id: Type.String(),
  failed_at: Moment,
  attempts: Type.Integer(),
  reason: nullable(Type.String()),
  about: Type.Object({
    kind: oneOf(['reminder', 'order status', 'tick']),
    user_id: Type.Optional(nullable(Type.String())),
    order_id: Type.Optional(nullable(Type.Integer())),
    due_at: Type.Optional(nullable(Moment)),
    created_at: Type.Optional(Moment)
  })
})

/** Emails retried by one statement. */
const BATCH = 1000

/** How long one request goes on with it: about 100,000 emails, and well within the time of a request. */
const RETRY_MS = 3500

declare module 'fastify' {
  interface FastifyInstance { operations: ReturnType<typeof operationsDomain> }
}

/** What the operator sees and does: what waits, what failed for good, trying it again. */
function operationsDomain (fastify: FastifyInstance) {
  const { statement } = fastify.database
  const listQueues = statement('operations/list-queues', QueueState)
  const listFailed = statement('operations/list-failed',
    Type.Object({ total: Type.Integer(), failed: Type.Array(FailedJob) }))
  const retryEmail = statement('operations/retry-email', Type.Object({ id: Type.Integer() }))
  const retryEmails = statement('operations/retry-emails', Type.Object({ id: Type.Integer() }))
  const countFailedEmails = statement('operations/count-failed-emails', Type.Object({ total: Type.Integer() }))
  const findTicks = statement('operations/find-failed-ticks', Type.Object({ id: Type.String() }))

  async function retryAllEmails (): Promise<{ retried: number, remaining: number }> {
    const now = new Date()
    let retried = 0
    for (let batch = BATCH; batch === BATCH && Date.now() - now.getTime() < RETRY_MS; retried += batch) {
      batch = (await retryEmails.all(BATCH, now.toISOString())).length
    }
    return { retried, remaining: (await countFailedEmails.first(now.toISOString()))!.total }
  }

  /** Tries ticks again that failed for good, or one of them; says how many. */
  async function retryTicks (queue: Queue, id: string | null): Promise<number> {
    if (!TICKED.includes(queue)) return 0
    const ids = (await findTicks.all(queue, id)).map((tick) => tick.id)
    if (ids.length > 0) await fastify.jobs.retry(queue, ids)
    return ids.length
  }

  return {
    /** What waits in each queue, since when, and what failed for good. */
    async listQueues (): Promise<Static<typeof QueueState>[]> {
      const states = await listQueues.all()
      // What this gateway sees itself is newer than what the database keeps.
      const fault = fastify.broker?.fault()
      return states.map((state) => fault && state.queue === 'order-events' ? { ...state, fault } : state)
    },

    /** What failed for good, the latest first. Events never do: they wait for the broker. */
    listFailed: async (queue: Queue, page: { limit: number, offset: number }) => (await listFailed.first(queue,
      page.limit, page.offset))!,

    /**
     * Tries everything again that failed for good, for as long as a request may take; says how many, and how many there
     * was no time for.
     */
    retryAll: async (queue: Queue): Promise<{ retried: number, remaining: number }> =>
      queue === 'emails' ? await retryAllEmails() : { retried: await retryTicks(queue, null), remaining: 0 },

    /** Rejects with JOB_NOT_FOUND. */
    async retryOne (queue: Queue, id: string): Promise<void> {
      const isRetried = queue === 'emails'
        ? /^\d{1,18}$/.test(id) && (await retryEmail.all(id)).length > 0
        : await retryTicks(queue, id) > 0
      if (!isRetried) throw problem('JOB_NOT_FOUND')
    }
  }
}

export default fp(async (fastify) => {
  const operations = operationsDomain(fastify)
  fastify.decorate('operations', operations)
  // Asked for both at the same moment: one answer for the two.
  let reading: ReturnType<typeof operations.listQueues> | undefined
  const listOnce = async () => await (reading ??= operations.listQueues().finally(() => { reading = undefined }))
  const read = (field: 'depth' | 'failed') => async () =>
    Object.fromEntries((await listOnce()).map((state) => [state.queue, state[field]]))
  fastify.metrics.gauge('queue_depth', 'What waits in a queue, or is under way', read('depth'))
  fastify.metrics.gauge('queue_failed', 'What failed for good in a queue', read('failed'))
}, { name: 'operations', dependencies: ['broker', 'database', 'jobs', 'metrics'] })
