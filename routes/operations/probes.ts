import { createRequire } from 'node:module'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { problem } from '../../common/problems.ts'
import { showMoment } from '../../common/moments.ts'
import { object, ref } from '../../schemas.ts'
import { responses } from '../faces/responses.ts'

const { name, version } = createRequire(import.meta.url)('../../package.json') as { name: string, version: string }

const Health = object('Health', {
  message: Type.String(),
  data: Type.Object({
    status: Type.String(),
    version: Type.String(),
    timestamp: Type.String(),
    service: Type.String(),
    database: Type.String()
  })
}, {
  examples: [{
    message: 'Service is healthy',
    data: {
      status: 'healthy', version, timestamp: '2026-11-21T09:30:00.123+00:00', service: name, database: 'reachable'
    }
  }]
})
const Alive = object('Alive', { status: Type.String() }, { examples: [{ status: 'alive' }] })
const Ready = object('Ready', { status: Type.String() }, { examples: [{ status: 'ready' }] })

/** What these routes refer to by name. */
export const probeSchemas = [Health, Alive, Ready]

const tags = ['Gateway']

/** The probes: they need no key. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/health', {
    schema: {
      operationId: 'getHealth',
      summary: 'Health, with the database’s',
      description: 'For people: the same as the readiness probe, with version and time.',
      tags,
      response: responses({ 200: ref(Health), 503: ref(Health) })
    }
  }, async (_request, reply) => {
    const reachable = await answers(fastify.database.ping)
    if (!reachable) reply.code(503).header('retry-after', '1')
    return {
      message: reachable ? 'Service is healthy' : 'The database cannot be reached',
      data: {
        status: reachable ? 'healthy' : 'unhealthy',
        version,
        timestamp: showMoment(new Date()),
        service: name,
        database: reachable ? 'reachable' : 'unreachable'
      }
    }
  })

  fastify.get('/livez', {
    schema: {
      operationId: 'getLiveness',
      summary: 'Liveness: the process responds',
      description: 'Never asks the database.',
      tags,
      response: responses({ 200: ref(Alive) })
    }
  }, async () => ({ status: 'alive' }))

  fastify.get('/readyz', {
    schema: {
      operationId: 'getReadiness',
      summary: 'Readiness',
      description: 'The database is reachable and migrated, jobs are started, and the gateway is not shutting down.',
      tags,
      response: responses({ 200: ref(Ready) }, 'NOT_READY')
    }
  }, async () => {
    if (fastify.draining) throw problem('SHUTTING_DOWN')
    if (!fastify.jobs.isStarted()) throw problem('NOT_READY', { reason: 'jobs are not started' })
    await fastify.database.checkReady()
    return { status: 'ready' }
  })
}

export default routes

async function answers (ping: () => Promise<void>): Promise<boolean> {
  try {
    await ping()
    return true
  } catch {
    return false
  }
}
