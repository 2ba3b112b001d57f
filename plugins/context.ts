import { createHash } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyRequest } from 'fastify'
import { Caller, callers } from '../database/caller.ts'
import { problem } from '../common/problems.ts'
import { cut } from '../common/text.ts'

/** Who acts, and for which request: what the status history and the idempotency records keep. */
export interface Context {
  actor: string | null
  request_id: string
  caller: string
  idempotency_key: string | null
  /** Of the request as it was sent: gateways of before 0022 compare only this. */
  request_hash: string | null
  /** Of what its JSON means, whatever the order of the members. */
  meaning_hash: string | null
  /** The trace that events and emails go on in. */
  traceparent?: string | undefined
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is identified by key or token (plugins/keys.ts); the same for every request of one caller. */
    caller: string
    /** Who acts, where the identity says it and X-Actor does not count (plugins/identity.ts). */
    actor: string | null
    context (): Context
    /** Who waits for the response, and until when. */
    from: Caller
    /** The tags of If-Match without their quotes, for the database to compare; null where any version will do. */
    ifMatch (): string[] | null
  }
  interface FastifyInstance {
    /** Not ready from now on, and every response asks its connection to end: server.ts says when. */
    draining: boolean
  }
}

const ACTOR_LENGTH = 200

function actorOf (request: FastifyRequest): string | null {
  const header = request.headers['x-actor']
  if (typeof header !== 'string' || header === '') return null
  // Node reads header bytes as Latin-1; people's names come in UTF-8.
  return cut(Buffer.from(header, 'latin1').toString('utf8').replaceAll('\ufffd', ''), ACTOR_LENGTH)
}

/**
 * An order of 1,000 lines has 70 kB. Sorting members costs up to 20 ms here, and 230 ms for a body of 1 MiB; a longer
 * one counts as sent.
 */
const MAX_SORTED = 128 * 1024

/** What makes two requests the same one: the route, its parameters and the body. */
function hashesOf (request: FastifyRequest): Pick<Context, 'request_hash' | 'meaning_hash'> {
  const parts = [request.method, request.routeOptions.url, request.params, request.body]
  const sent = JSON.stringify(parts)
  const meant = sent.length > MAX_SORTED ? sent : JSON.stringify(parts, sortMembers)
  return { request_hash: hash(sent), meaning_hash: hash(meant) }
}

const hash = (text: string) => createHash('sha256').update(text).digest('base64url')

/**
 * For JSON.stringify: an object's members by name, as RFC 8785 has them. Spaces, escapes and 1.0 for 1 are gone since
 * the body was read.
 */
function sortMembers (_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1))
}

/** Request ids, for whom statements run, and what a request says about itself in headers. */
export default fp(async (fastify) => {
  fastify.decorate('draining', false)
  fastify.decorateRequest('caller', 'anonymous')
  fastify.decorateRequest('actor', null)

  fastify.decorateRequest('context', function (this: FastifyRequest): Context {
    const header = this.headers['idempotency-key']
    // What is kept nowhere neither uses a key up nor is a repeat.
    const key = typeof header === 'string' && !this.from.dryRun ? header : null
    return {
      actor: this.actor ?? actorOf(this),
      request_id: this.id,
      caller: this.caller,
      idempotency_key: key,
      traceparent: this.from.traceparent,
      ...key === null ? { request_hash: null, meaning_hash: null } : hashesOf(this)
    }
  })

  fastify.decorateRequest('ifMatch', function (this: FastifyRequest): string[] | null {
    const header = this.headers['if-match']
    if (header === undefined) return null
    // A weak tag never matches (RFC 9110, section 13.1.1), so it is left out; an empty list matches nothing.
    return header.split(',').map((tag) => tag.trim()).filter((tag) => tag === '*' || /^"[^"]*"$/.test(tag))
      .map((tag) => tag.replaceAll('"', ''))
  })

  // Statements look there for whom they run (database/statements.ts).
  fastify.decorateRequest('from')
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    if (fastify.draining) reply.header('connection', 'close')
    // Node's own refusal of it would be bare (options.ts).
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') {
      return done(problem('INVALID_INPUT', {}, [{ field: 'host', message: 'is missing' }]))
    }
    request.from = new Caller(request.raw.socket, request.method === 'GET' || request.method === 'HEAD')
    callers.run(request.from, done)
  })
  fastify.addHook('preValidation', (request, _reply, done) => {
    request.from.begin()
    // The parser of the body calls back from outside of the context.
    if (callers.getStore() === request.from) done()
    else callers.run(request.from, done)
  })
}, { name: 'context', dependencies: ['errors'] })
