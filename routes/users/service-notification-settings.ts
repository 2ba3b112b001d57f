import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type, type Static } from '@sinclair/typebox'
import { NotificationSettings, StatusChangesOfOrders, UserNotificationSettings, type UserRow } from './schema.ts'
import { IfMatch, pick, ref, UserId } from '../../schemas.ts'
import { setETag } from '../faces/etags.ts'
import { sendJson } from '../faces/json.ts'
import { BODY, KEY, responses, tagged } from '../faces/responses.ts'

const tags = ['Users']
const params = Type.Object({ user_id: UserId })

/** The part of a user that its reminders are about. */
const settingsOf = (user: Static<typeof UserRow>): Static<typeof UserNotificationSettings> => ({
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
      operationId: 'getNotificationSettings',
      summary: 'When and how the user is reminded',
      description: 'With the next time that a reminder is due.',
      tags,
      params,
      response: responses({ 200: ref(UserNotificationSettings) }, 'INVALID_USER_ID', 'USER_NOT_FOUND', ...KEY)
    }
  }, async (request, reply) => {
    const user = await fastify.users.find(request.params.user_id)
    setETag(reply, user.user_id, user.version)
    return settingsOf(user)
  })

  fastify.put('/users/:user_id/notification-settings', {
    schema: {
      operationId: 'updateNotificationSettings',
      summary: 'Change when and how the user is reminded: only what is sent',
      description: 'A new start or interval computes the next time again.',
      tags,
      params,
      body: ref(NotificationSettings),
      headers: Type.Object(IfMatch),
      response: responses({ 200: tagged(ref(UserNotificationSettings)) }, 'INVALID_USER_ID', 'USER_NOT_FOUND',
        'PRECONDITION_FAILED', ...BODY, ...KEY)
    }
  }, async (request, reply) => {
    const user = await fastify.users.update(request.params.user_id, pick(NotificationSettings, request.body),
      request.ifMatch())
    setETag(reply, user.user_id, user.version)
    return { message: 'Notification settings updated successfully', ...settingsOf(user) }
  })

  fastify.get('/users/:user_id/order-status-notifications', {
    schema: {
      operationId: 'listOrderStatusNotifications',
      summary: 'The latest status change of each order since this was read last',
      description: 'Reading moves last_notifications_viewed_at. The creation of an order is no change.',
      tags,
      params,
      response: responses({ 200: ref(StatusChangesOfOrders) }, 'INVALID_USER_ID', 'USER_NOT_FOUND', ...KEY)
    }
  }, async (request, reply) => sendJson(reply, await fastify.users.readStatusChanges(request.params.user_id)))
}

export default routes
