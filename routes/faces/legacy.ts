import type { FastifyInstance, FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify'
import { problem } from '../../common/problems.ts'
import { enveloped, NO_CHANGES, NO_ENTRIES, shapeOf, type Shape } from './legacy-envelope.ts'
import { changesAnything, inline, lenient, withoutText } from './legacy-leniency.ts'
import { refusal } from './legacy-refusal.ts'

declare module 'fastify' {
  interface FastifyContextConfig { legacy?: Shape }
  interface FastifyReply {
    /** The message that the response itself brings. */
    ownMessage: string | null
  }
}

/**
 * The routes of the service API once more, for clients of the older service, which read an envelope and not the status
 * code. The routes know nothing of it: their responses are put into the envelope on the way out, as the text they are.
 */
export function legacyFace (fastify: FastifyInstance): void {
  const { prefix } = fastify
  fastify.decorateReply('ownMessage', null)

  fastify.addHook('onRoute', (route) => {
    const shape = shapeOf([route.method].flat(), route.url.slice(prefix.length))
    const { body, querystring, response, ...schema } = route.schema ?? {}
    route.schema = {
      ...schema,
      ...body !== undefined && { body: lenient(inline(fastify, body), shape.setsQuantity) },
      querystring: { ...querystring as object, additionalProperties: true },
      hide: true,
      response: successes(response)
    }
    route.config = { ...route.config, legacy: shape }
  })

  // The older service took any body for JSON that did not say what it was, as HTTP clients send text.
  fastify.addHook('onRequest', async ({ headers }) => {
    const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0
    if (hasBody) headers['content-type'] ??= 'application/json'
  })

  fastify.addHook('preValidation', async (request) => {
    const { schema, config: { legacy: shape } } = request.routeOptions
    if (!schema?.body) return
    request.body = withoutText(schema.body, request.body)
    const body = (request.body ?? {}) as { quantity?: unknown, items?: unknown }
    if (shape?.setsQuantity && typeof body.quantity === 'number' && body.quantity < 0) body.quantity = 0
    if (shape?.placesOrder && Array.isArray(body.items) && body.items.length === 0) throw problem('ORDER_EMPTY')
  })

  // Looked at while it is an object still.
  fastify.addHook('preSerialization', async (_request, reply, payload) => {
    const message = (payload as { message?: unknown } | null)?.message
    if (typeof message === 'string') reply.ownMessage = message
    return payload
  })

  fastify.addHook('onSend', async (request, reply, payload) => {
    const type = String(reply.getHeader('content-type') ?? '')
    if (type.startsWith('application/problem+json')) return refuse(request, reply, String(payload))
    const location = reply.getHeader('location')
    if (typeof location === 'string' && location.startsWith('/')) reply.header('location', prefix + location)
    // Documents that are no JSON, and 204, which has no document.
    if (reply.statusCode !== 204 && !type.startsWith('application/json')) return payload
    return wrap(request, reply, String(payload))
  })
}

/** The way to the documentation, and what is no route of this face. */
export const legacyLinks: FastifyPluginAsync = async (fastify) => {
  for (const path of ['/docs', '/openapi.json']) {
    fastify.get(path, { schema: {} }, async (_request, reply) => reply.redirect(path))
  }
  fastify.setNotFoundHandler((request, reply) => fastify.refuseUnknownRoute(request, reply))
}

/**
 * Without the shapes of refusals, which are not sent here: compiling them again took half as long as starting a
 * gateway.
 */
const successes = (response: unknown) => Object.fromEntries(Object.entries(response ?? {})
  .filter(([status]) => status < '300'))

function wrap (request: FastifyRequest, reply: FastifyReply, json: string): string {
  const shape = request.routeOptions.config.legacy!
  if (shape.isBare) return json
  if (shape.isPartialUpdate && !changesAnything(request.routeOptions.schema!.body as object, request.body)) {
    return NO_CHANGES
  }
  // Only a cart that is stored has a version.
  if (shape.isCart && !reply.hasHeader('etag')) return NO_ENTRIES
  const message = reply.ownMessage ?? shape.message
  if (shape.isHealth) {
    return reply.statusCode < 300
      ? enveloped(JSON.stringify(JSON.parse(json).data), undefined, message)
      : failed(message)
  }
  // The older service told the number of an order there as a number.
  if (shape.isStatusChanges) {
    return enveloped(json.replaceAll(/"order_id":"(\d+)"/g, '"order_id":$1'), undefined, message)
  }
  if (reply.statusCode !== 204) return enveloped(json, shape.list, message)
  reply.code(200).type('application/json; charset=utf-8')
  return enveloped('[]', undefined, message)
}

/** What is no refusal and yet not well, with its status. */
const failed = (error: string) => JSON.stringify({ success: false, data: [], error, detail: error })

function refuse (request: FastifyRequest, reply: FastifyReply, problemDetails: string): string {
  const { status, body } = refusal(JSON.parse(problemDetails), request.routeOptions)
  reply.code(status).type('application/json; charset=utf-8')
  return JSON.stringify(body)
}
