import { createRequire } from 'node:module'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from '@sinclair/typebox'
import { problem } from '../../problems.ts'
import { showMoment } from '../../moments.ts'
import { responses } from '../faces/responses.ts'

const { name, version } = createRequire(import.meta.url)('../../package.json') as { name: string, version: string }

const Health = Type.Object({
  message: Type.String(),
  data: Type.Object({
    status: Type.String(),
    version: Type.String(),
    timestamp: Type.String(),
    service: Type.String(),
    database: Type.String()
  })
})
const Status = Type.Object({ status: Type.String() })
const tags = ['Gateway']

/** What needs no key: the front page and the probes. */
const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/', {
    schema: {
      summary: 'Name, version, where to go next',
      tags,
      response: responses({
        200: Type.Object({
          name: Type.String(),
          version: Type.String(),
          docs: Type.String(),
          redoc: Type.String(),
          openapi: Type.String(),
          health: Type.String()
        })
      })
    }
  }, async () => ({ name, version, docs: '/docs', redoc: '/redoc', openapi: '/openapi.json', health: '/health' }))

  fastify.get('/health', {
    schema: { summary: 'Health, with the database’s', tags, response: responses({ 200: Health, 503: Health }) }
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
    schema: { summary: 'Liveness: the process responds', tags, response: responses({ 200: Status }) }
  }, async () => ({ status: 'alive' }))

  fastify.get('/readyz', {
    schema: {
      summary:
        'Readiness: the database is reachable and migrated, jobs are started, and the gateway is not shutting down',
      tags,
      response: responses({ 200: Status }, 'NOT_READY')
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
