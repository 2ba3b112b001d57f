import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { Moment, nullable, object, oneOf, ref } from '../../schemas.ts'
import { callers } from '../../database/caller.ts'
import { problem } from '../../common/problems.ts'
import { showQueues } from './queue-metrics.ts'
import invariants from './invariants.ts'

export const QUEUES = ['reminders', 'emails', 'order-events', 'webhooks', 'housekeeping'] as const
export type QueueName = typeof QUEUES[number]

/** The queues that are ticks of pg-boss; the others are rows of our own. */
const TICKED: readonly QueueName[] = ['reminders', 'housekeeping']

/** The name of a queue. */
export const Queue = oneOf(QUEUES, { title: 'QueueName' })

export const QueueState = object('QueueState', {
  queue: Queue,
  depth: Type.Integer({ description: 'what waits or is under way' }),
  oldest: nullable({ ...Moment, description: 'since when the oldest of them waits' }),
  failed: Type.Integer({ description: 'what failed for good' }),
  fault: nullable(Type.Object({
    reason: Type.String({ examples: ['NOT_ALLOWED - vhost shop not found'] }),
    since: Moment
  }, { description: 'what keeps all of it waiting, in the words of the broker or mail server, and since when' }))
})

export const QueueList = object('QueueList', { queues: Type.Array(ref(QueueState)) }, {
  examples: [
    { queues: [{ queue: 'emails', depth: 3, oldest: '2026-11-21T09:30:00.123456+00:00', failed: 1, fault: null }] }
  ]
})

export const FailedJob = object('FailedJob', {
  id: Type.String(),
  failed_at: Moment,
  attempts: Type.Integer(),
  reason: nullable(Type.String()),
  about: Type.Object({
    kind: oneOf(['reminder', 'order status', 'webhook', 'tick']),
    user_id: Type.Optional(nullable(Type.String())),
    webhook_id: Type.Optional(Type.Integer()),
    order_id: Type.Optional(nullable(Type.Integer())),
    due_at: Type.Optional(nullable(Moment)),
    created_at: Type.Optional(Moment)
  })
})
export const FailedJobPage = object('FailedJobPage', {
  failed: Type.Array(ref(FailedJob)), total: Type.Integer(), limit: Type.Integer(), offset: Type.Integer()
}, {
  examples: [{
    failed: [{
      id: '17',
      failed_at: '2026-11-21T09:30:00.123456+00:00',
      attempts: 12,
      reason: '550 no such mailbox',
      about: { kind: 'order status', user_id: '54e02e9f-e6c8-50c3-9b2e-87f37ee5b745', order_id: 3422000 }
    }],
    total: 1,
    limit: 20,
    offset: 0
  }]
})

const Retried = { queue: Queue, retried: Type.Integer() }
export const RetriedJob = object('RetriedJob', Retried, { examples: [{ queue: 'emails', retried: 1 }] })
export const RetriedJobs = object('RetriedJobs', {
  ...Retried,
  remaining: Type.Integer({
    description: 'what there was no time for, beyond about 100,000: send the request again until it is 0'
  })
}, { examples: [{ queue: 'emails', retried: 17, remaining: 0 }] })

/** What the routes of queues refer to by name. */
export const queueSchemas = [QueueState, QueueList, FailedJob, FailedJobPage, RetriedJob, RetriedJobs]

/** Emails or deliveries retried by one statement. */
const BATCH = 1000

/** How long one request goes on with it: about 100,000 of them, and well within the time of a request. */
const RETRY_MS = 3500

const Id = Type.Object({ id: Type.Integer() })
const Total = Type.Object({ total: Type.Integer() })

/** How a queue of rows counts and retries what failed for good; `before` is a moment. */
interface FailedRows {
  count (before: string): Promise<number>
  retryOne (id: string): Promise<number>
  /** Up to BATCH of them, the oldest first. */
  retrySome (before: string): Promise<number>
}

declare module 'fastify' {
  interface FastifyInstance { operations: ReturnType<typeof operationsDomain> }
}

/** What the operator sees and does: what waits, what failed for good, trying it again. */
function operationsDomain (fastify: FastifyInstance) {
  const { statement } = fastify.database
  const listQueues = statement('operations/list-queues', QueueState)
  const listFailed = statement('operations/list-failed',
    Type.Object({ total: Type.Integer(), failed: Type.Array(FailedJob) }))
  const retryEmail = statement('operations/retry-email', Id)
  const retryEmails = statement('operations/retry-emails', Id)
  const retryDeliveries = statement('operations/retry-deliveries', Id)
  const countFailedEmails = statement('operations/count-failed-emails', Total)
  const countFailedDeliveries = statement('operations/count-failed-deliveries', Total)
  const findTicks = statement('operations/find-failed-ticks', Type.Object({ id: Type.String() }))

  /** What failed for good before a moment, in the queues that are rows of our own. */
  const rows: Partial<Record<QueueName, FailedRows>> = {
    emails: {
      count: async (before) => (await countFailedEmails.first(before))!.total,
      retryOne: async (id) => (await retryEmail.all(id)).length,
      retrySome: async (before) => (await retryEmails.all(BATCH, before)).length
    },
    webhooks: {
      // What is retried fails again in three days at the soonest.
      count: async () => (await countFailedDeliveries.first())!.total,
      retryOne: async (id) => (await retryDeliveries.all(id, 1)).length,
      retrySome: async () => (await retryDeliveries.all(null, BATCH)).length
    }
  }

  async function retryRows ({ count, retrySome }: FailedRows): Promise<{ retried: number, remaining: number }> {
    const now = new Date()
    // In a dry run the same batch would fail again and again.
    if (callers.getStore()?.dryRun) {
      const total = await count(now.toISOString())
      await retrySome(now.toISOString())
      return { retried: total, remaining: 0 }
    }
    let retried = 0
    for (let batch = BATCH; batch === BATCH && Date.now() - now.getTime() < RETRY_MS; retried += batch) {
      batch = await retrySome(now.toISOString())
    }
    return { retried, remaining: await count(now.toISOString()) }
  }

  /** Tries ticks again that failed for good, or one of them; says how many. */
  async function retryTicks (queue: QueueName, id: string | null): Promise<number> {
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
    listFailed: async (queue: QueueName, page: { limit: number, offset: number }) => (await listFailed.first(queue,
      page.limit, page.offset))!,

    /**
     * Tries everything again that failed for good, for as long as a request may take; says how many, and how many there
     * was no time for.
     */
    retryAll: async (queue: QueueName): Promise<{ retried: number, remaining: number }> => {
      const own = rows[queue]
      return own ? await retryRows(own) : { retried: await retryTicks(queue, null), remaining: 0 }
    },

    /** Rejects with JOB_NOT_FOUND. */
    async retryOne (queue: QueueName, id: string): Promise<void> {
      const own = rows[queue]
      const isRetried = own
        ? /^\d{1,18}$/.test(id) && await own.retryOne(id) > 0
        : await retryTicks(queue, id) > 0
      if (!isRetried) throw problem('JOB_NOT_FOUND')
    }
  }
}

export default fp(async (fastify) => {
  await fastify.register(invariants)
  const operations = operationsDomain(fastify)
  fastify.decorate('operations', operations)
  showQueues(fastify.metrics, operations.listQueues)
}, { name: 'operations', dependencies: ['broker', 'database', 'jobs', 'metrics'] })
