import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type, type Static } from '@sinclair/typebox'
import { NotificationSettings, User, type UserRow } from './schema.ts'
import { Status } from '../orders/schema.ts'
import { IfMatch, Moment, OrderId, pick, UserId } from '../../schemas.ts'
import { setETag } from '../faces/etags.ts'
import { sendJson } from '../faces/json.ts'
import { BODY, KEY, responses } from '../faces/responses.ts'

const tags = ['Users']
const params = Type.Object({ user_id: UserId })

const Settings = Type.Object({
  message: Type.Optional(Type.String()),
  ...Type.Pick(User, [
    'user_id', 'days_between_order_notifications', 'order_notifications_start_date_time',
    'order_notifications_via_email',
    'order_notifications_next_scheduled_time', 'pending_order_notification', 'last_notification_sent_at'
  ]).properties
})

/** The part of a user that its reminders are about. */
const settingsOf = (user: Static<typeof UserRow>): Static<typeof Settings> => ({
  user_id: user.user_id,
  days_between_order_notifications: user.days_between_order_notifications,
  order_notifications_start_date_time: user.order_notifications_start_date_time,
  order_notifications_via_email: user.order_notifications_via_email,
  order_notifications_next_scheduled_time: user.order_notifications_next_scheduled_time,
  pending_order_notification: user.pending_order_notification,
  last_notification_sent_at: user.last_notification_sent_at
})

const routes: FastifyPluginAsyncTypebox = async (fastify) => {
  fastify.get('/users/:user_id/notification-settings', {
    config: { etag: 'own' },
    schema: {
      summary: 'When and how the user is reminded',
      tags,
      params,
      response: responses({ 200: Settings }, 'INVALID_USER_ID', 'USER_NOT_FOUND', ...KEY)
    }
  }, async (request, reply) => {
    const user = await fastify.users.find(request.params.user_id)
    setETag(reply, user.user_id, user.version)
    return settingsOf(user)
  })

  fastify.put('/users/:user_id/notification-settings', {
    schema: {
      summary: 'Change when and how the user is reminded: only what is sent',
      description: 'A new start or interval computes the next time again.',
      tags,
      params,
      body: NotificationSettings,
      headers: Type.Object(IfMatch),
      response: responses({ 200: Settings }, 'INVALID_USER_ID', 'USER_NOT_FOUND', 'PRECONDITION_FAILED', ...BODY,
        ...KEY)
    }
  }, async (request, reply) => {
    const user = await fastify.users.update(request.params.user_id, pick(NotificationSettings, request.body),
      request.ifMatch())
    setETag(reply, user.user_id, user.version)
    return { message: 'Notification settings updated successfully', ...settingsOf(user) }
  })

  fastify.get('/users/:user_id/order-status-notifications', {
    schema: {
      summary: 'The latest status change of each order since this was read last',
      description: 'Reading moves last_notifications_viewed_at. The creation of an order is no change.',
      tags,
      params,
      response: responses({
        200: Type.Array(Type.Object({ order_id: OrderId, status: Status, changed_at: Moment }))
      }, 'INVALID_USER_ID', 'USER_NOT_FOUND', ...KEY)
    }
  }, async (request, reply) => sendJson(reply, await fastify.users.readStatusChanges(request.params.user_id)))
}

export default routes
