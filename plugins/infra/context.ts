import { createHash } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import { cut } from './text.ts'

/** Who acts, and for which request: what the status history and the idempotency records keep. */
export interface Context {
  actor: string | null
  request_id: string
  caller: string
  idempotency_key: string | null
  request_hash: string | null
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is identified by key or token (plugins/infra/auth.ts); the same for every request of one caller. */
    caller: string
    /** Who acts, where the identity says it and X-Actor does not count (plugins/infra/identity.ts). */
    actor: string | null
    context (): Context
    /** The tags of If-Match without their quotes, for the database to compare; null where any version will do. */
    ifMatch (): string[] | null
  }
  interface FastifyReply {
    /** An update found everything as it was already and wrote nothing. */
    unchanged: boolean
  }
  interface FastifyInstance {
    draining: boolean
    /** From now on not ready, and every answer asks its connection to end. */
    startDraining (): void
  }
}

const ACTOR_LENGTH = 200

function actorOf (request: FastifyRequest): string | null {
  const header = request.headers['x-actor']
  if (typeof header !== 'string' || header === '') return null
  // Node reads header bytes as Latin-1; people's names come in UTF-8.
  return cut(Buffer.from(header, 'latin1').toString('utf8').replaceAll('\ufffd', ''), ACTOR_LENGTH)
}

/** What makes two requests the same one: the route, its parameters and the body. */
function hashOf (request: FastifyRequest): string {
  const parts = [request.method, request.routeOptions.url, request.params, request.body]
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url')
}

/** For the log, which does without names, email addresses and tokens: these may stand in a query string, or for another service's id. */
function pathOf (request: FastifyRequest): string {
  return request.url.split('?', 1)[0]!.replace(/[^/]*(@|%40)[^/]*/g, '…')
}

/** Request ids, log lines, and what a request says about itself in headers. */
export default fp(async (fastify) => {
  fastify.decorate('draining', false)
  fastify.decorate('startDraining', () => { fastify.draining = true })
  fastify.decorateRequest('caller', 'anonymous')
  fastify.decorateReply('unchanged', false)
  fastify.decorateRequest('actor', null)

  fastify.decorateRequest('context', function (this: FastifyRequest): Context {
    const header = this.headers['idempotency-key']
    const key = typeof header === 'string' ? header : null
    return {
      actor: this.actor ?? actorOf(this),
      request_id: this.id,
      caller: this.caller,
      idempotency_key: key,
      request_hash: key === null ? null : hashOf(this)
    }
  })

  fastify.decorateRequest('ifMatch', function (this: FastifyRequest): string[] | null {
    const header = this.headers['if-match']
    if (header === undefined) return null
    // A weak tag never matches (RFC 9110, section 13.1.1), so it is left out; an empty list fits nothing.
    return header.split(',').map((tag) => tag.trim()).filter((tag) => tag === '*' || /^"[^"]*"$/.test(tag))
      .map((tag) => tag.replaceAll('"', ''))
  })

  fastify.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id)
    if (fastify.draining) reply.header('connection', 'close')
  })

  fastify.addHook('onResponse', async (request, reply) => {
    const level = reply.statusCode >= 500 ? 'warn' : 'info'
    request.log[level]({
      method: request.method,
      path: pathOf(request),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10
    }, 'request')
  })
}, { name: 'context', dependencies: ['errors'] })
