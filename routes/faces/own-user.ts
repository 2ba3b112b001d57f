import type { FastifyInstance, FastifyRequest, FastifySchema } from 'fastify'
import { Type, type TSchema } from '@sinclair/typebox'
import {
  Cart, CartChange, CartDeleted, CartItem, CartItemQuantity, CartReplacement, GuestCart, NewCart, NewCartItem
} from '../carts/index.ts'
import { Delivery, Order, OrderItem, StatusEntry } from '../orders/schema.ts'
import { OrderEnvelope } from '../orders/service-envelope.ts'
import {
  EmailChange, EmailChanged, NotificationSettings, PasswordChange, PasswordChanged, StatusChangeOfOrder,
  StatusChangesOfOrders, User,
  UserChanges, UserExport, UserNotificationSettings
} from '../users/schema.ts'
import { problem } from '../../common/problems.ts'
import { responses } from './responses.ts'

const CallerId = Type.String({
  title: 'CallerId', maxLength: 255, description: 'the id the caller came with; in paths also `me`', examples: ['me']
})

/**
 * The service API's schemas that have a user's id in them, and what they are called with the caller's own id in its
 * place.
 */
const renamed = new Map<TSchema, string>([
  [NewCart, 'NewOwnCart'], [Cart, 'OwnCart'], [CartDeleted, 'OwnCartDeleted'], [Order, 'OwnServiceOrder'],
  [OrderEnvelope, 'OwnServiceOrderEnvelope'],
  [User, 'OwnUser'], [PasswordChanged, 'OwnPasswordChanged'], [EmailChanged, 'OwnEmailChanged'],
  [UserNotificationSettings, 'OwnNotificationSettings']
])
const newNames = new Map([...renamed].map(([schema, name]) => [`${schema.$id}#`, `${name}#`]))

/** What the routes mounted here refer to by name. */
export const ownSchemas: object[] = [
  ...[...renamed].map(([schema, $id]) => ({ ...withCallerId(schema), $id })),
  NewCartItem, CartReplacement, GuestCart, CartItemQuantity, CartItem, CartChange,
  Delivery, OrderItem, StatusEntry, UserChanges,
  NotificationSettings, PasswordChange,
  EmailChange, StatusChangeOfOrder, StatusChangesOfOrders, UserExport
]

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

/** A copy with the caller's id where a user's was. */
function withCallerId<T extends object> (schema: T): T {
  return JSON.parse(JSON.stringify(schema), (key, value) => {
    if (key === '$ref') return newNames.get(value) ?? value
    if (key !== 'user_id' || value?.format !== 'uuid') return value
    return [value.type].flat().includes('null') ? { ...CallerId, type: value.type } : CallerId
  })
}

/**
 * A service route's schema with the caller's ids in it, under this face's tag and name, and with what its access rule
 * refuses.
 */
function withCallerIds (schema: FastifySchema, tag: string): FastifySchema {
  const { operationId = '', response, ...rest } = schema as FastifySchema & { response: Record<string, object> }
  // Refusals are shared by all routes, and say nothing of a user's id.
  const copies = Object.entries(response).map(([status, one]) => [status, status < '300' ? withCallerId(one) : one])
  return {
    ...withCallerId(rest),
    // getCart is getOwnCart here.
    operationId: operationId.replace(/^[a-z]+/, '$&Own'),
    tags: [tag],
    response: { ...responses({}, 'FORBIDDEN', 'EMAIL_REQUIRED'), ...Object.fromEntries(copies) }
  }
}
