import type { FastifyInstance, FastifyRequest, FastifySchema } from 'fastify'
import { Type } from '@sinclair/typebox'
import { Cart } from '../carts/index.ts'
import { Order } from '../orders/schema.ts'
import { User } from '../users/schema.ts'
import { problem } from '../../problems.ts'
import { nullable, object, ref } from '../../schemas.ts'
import { OrderEnvelope } from '../orders/service-envelope.ts'
import { responses } from './responses.ts'

const CallerId = Type.String({
  maxLength: 255, description: 'the id the caller came with; in paths also `me`', examples: ['me']
})

/** The service API's shapes, with the caller's own id in them. */
export const StorefrontCart = object('StorefrontCart', { ...Cart.properties, user_id: CallerId })
export const StorefrontUser = object('StorefrontUser', { ...User.properties, user_id: CallerId })
export const StorefrontServiceOrder = object('StorefrontServiceOrder', {
  ...Order.properties, user_id: nullable(CallerId)
})
export const StorefrontOrderEnvelope = object('StorefrontOrderEnvelope', {
  ...OrderEnvelope.properties, data: Type.Array(ref(StorefrontServiceOrder))
})
const RENAMED: Record<string, string> = {
  'Cart#': 'StorefrontCart#', 'User#': 'StorefrontUser#', 'OrderEnvelope#': 'StorefrontOrderEnvelope#'
}

/** The user a request is about: the id here, and the id it is called by. */
interface Named { localId: string, name: string }

/**
 * Lets routes of the service API serve a storefront caller: only for the caller's own user_id (an admin: anybody's),
 * which becomes the one the routes know before they run, and the one the caller knows in what they return. One who is
 * unknown here becomes known.
 */
export function mountForOwnUser (fastify: FastifyInstance, tag: string): void {
  const named = new WeakMap<FastifyRequest, Named>()

  async function resolve (request: FastifyRequest, given: string): Promise<string> {
    const caller = request.identity!
    const isOwn = ['me', caller.userId].includes(given) || given.toLowerCase() === caller.localId
    if (!isOwn && caller.role !== 'admin') throw problem('FORBIDDEN')
    const localId = isOwn ? await fastify.users.ensure(caller) : await fastify.findUserId(given)
    if (localId === null) throw problem('USER_NOT_FOUND')
    named.set(request, { localId, name: isOwn ? caller.userId : given })
    return localId
  }

  fastify.addHook('onRoute', (route) => {
    if (route.schema) route.schema = withCallerIds(route.schema, tag)
  })

  fastify.addHook('onRequest', async (request) => {
    const params = request.params as { user_id?: string }
    if (params.user_id !== undefined) params.user_id = await resolve(request, params.user_id)
  })

  fastify.addHook('preValidation', async (request) => {
    const body = request.body as { user_id?: unknown } | null | undefined
    const given = body?.user_id
    if (request.method === 'POST' && typeof given === 'string' && !named.has(request)) {
      body!.user_id = await resolve(request, given)
    }
  })

  fastify.addHook('onSend', async (request, reply, payload) => {
    const user = named.get(request)
    if (!user) return payload
    const { localId, name } = user
    const location = reply.getHeader('location')
    if (typeof location === 'string') {
      reply.header('location', `/api${location.replace(localId, () => encodeURIComponent(name))}`)
    }
    if (typeof payload !== 'string' || name === localId) return payload
    const text = JSON.stringify(name)
    // A quotation mark within a text is escaped, so the first is a property and no part of one.
    return payload.replace(new RegExp(`("user_id": ?)"${localId}"`, 'g'), (_, property) => property + text)
      .replaceAll(`for user ${localId}`, () => `for user ${text.slice(1, -1)}`)
  })
}

/**
 * A service route's schema with the caller's ids in it, under this face's tag, and with what its access rule refuses.
 */
function withCallerIds (schema: FastifySchema, tag: string): FastifySchema {
  const copy: FastifySchema & { response?: object } = JSON.parse(JSON.stringify(schema), (key, value) => {
    if (key === '$ref') return RENAMED[value] ?? value
    return key === 'user_id' && value?.format === 'uuid' ? CallerId : value
  })
  return {
    ...copy, tags: [tag], response: { ...responses({}, 'FORBIDDEN', 'EMAIL_REQUIRED'), ...copy.response }
  }
}
