import { createHmac, timingSafeEqual } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { nullable } from '../../schemas.ts'
import { problem } from '../../common/problems.ts'
import { Status } from '../orders/schema.ts'

/** An email that waits, with what it is made of: `usual_products` for a reminder, `order` for a status change. */
export const WaitingEmail = Type.Object({
  id: Type.Integer(),
  message_id: Type.String(),
  traceparent: nullable(Type.String({ description: 'the trace of the request that caused it' })),
  user_id: Type.String(),
  first_name: Type.String(),
  last_name: Type.String(),
  email_address: Type.String(),
  usual_products: nullable(Type.Object({ names: Type.Array(Type.String()) })),
  order: nullable(Type.Object({
    order_id: Type.Integer(),
    status: Status,
    tax: Type.Number(),
    shipping: Type.Number(),
    discount: Type.Number(),
    total: Type.Number({ description: 'what the customer pays' }),
    tracking_number: nullable(Type.String()),
    shipping_carrier: nullable(Type.String()),
    tracking_url: nullable(Type.String()),
    items: Type.Array(Type.Object({
      product_name: Type.String(), quantity: Type.Integer(), price: nullable(Type.Number())
    }))
  }))
})

/** Why an email could not be sent; `permanent`: trying again is in vain, `server_away`: not the email's fault. */
export interface EmailFailure { id: number, reason: string, permanent: boolean, server_away: boolean }

const Id = Type.Object({ id: Type.Integer() })

declare module 'fastify' {
  interface FastifyInstance { notifications: ReturnType<typeof notificationsDomain> }
}

/**
 * Reminders and the emails that wait for a mail server. Status emails are queued by the database
 * (orders.record_status).
 */
function notificationsDomain (fastify: FastifyInstance) {
  const { statement } = fastify.database
  const remind = statement('notifications/remind', Type.Object({
    due: Type.Integer(), reminded: Type.Integer(), queued: Type.Integer()
  }))
  const claim = statement('notifications/claim-emails', WaitingEmail)
  const markAccepted = statement('notifications/mark-accepted', Id)
  const recordFailures = statement('notifications/record-failures',
    Type.Object({ id: Type.Integer(), dead: Type.Boolean() }))
  const hasten = statement('notifications/hasten-emails', Id)
  const expire = statement('notifications/expire-emails', Id)
  const clearEmails = statement('notifications/clear-emails', Id)
  const clearReminders = statement('notifications/clear-reminders', Type.Object({ user_id: Type.Integer() }))
  const unsubscribe = statement('notifications/unsubscribe', Type.Object({ user_id: Type.String() }))

  const sign = (userId: string) => createHmac('sha256', fastify.config.SECRET_KEY).update(`unsubscribe ${userId}`)
    .digest()

  return {
    /**
     * Reminds up to `limit` users who are due: how many were due, how many had not been reminded yet, how many emails
     * wait.
     */
    remind: async (limit: number) => (await remind.first(limit))!,

    /** Takes hold of up to `limit` emails for `holdSeconds`; each take counts as a try. */
    claimEmails: async (limit: number, holdSeconds: number): Promise<Static<typeof WaitingEmail>[]> => await claim.all(
      limit, holdSeconds
    ),

    /** The mail server has accepted these. */
    markAccepted: async (ids: number[]) => { await markAccepted.all(ids.map(String)) },

    /** Plans the next try of each, or none; returns the ids of the dead letters. */
    async recordFailures (failures: EmailFailure[]): Promise<number[]> {
      const recorded = await recordFailures.all(JSON.stringify(failures))
      return recorded.filter(({ dead }) => dead).map(({ id }) => id)
    },

    /**
     * The mail server is back: up to `limit` emails that waited for it alone, and are behind `afterId`, need not wait
     * longer. Says which is the last, or null where there are no more.
     */
    async hastenEmails (limit: number, afterId: number): Promise<number | null> {
      const hastened = await hasten.all(limit, afterId)
      return hastened.length === limit ? Math.max(...hastened.map(({ id }) => id)) : null
    },

    /** Makes dead letters of up to `limit` emails that nobody could send within three days; says how many. */
    expireEmails: async (limit: number) => (await expire.all(limit)).length,

    /** Clears up to `limit` emails that were accepted or failed long ago; says how many. */
    clearEmails: async (limit: number) => (await clearEmails.all(limit)).length,

    /** Clears up to `limit` records of reminders; says how many. */
    clearReminders: async (limit: number) => (await clearReminders.all(limit)).length,

    /** Stands in every email, and never ends: proof that the mail reached this user. */
    unsubscribeToken: (userId: string) => `${userId}.${sign(userId).toString('base64url')}`,

    /** Whether the token is one of ours. Rejects with INVALID_TOKEN. */
    checkToken (token: string): string {
      const [userId = '', signature = ''] = token.split('.')
      const given = Buffer.from(signature, 'base64url')
      const expected = sign(userId)
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw problem('INVALID_TOKEN')
      return userId
    },

    /** Ends the emails of the user the token is for, who may be gone already. Rejects with INVALID_TOKEN. */
    async unsubscribe (token: string): Promise<void> {
      await unsubscribe.first(this.checkToken(token))
    }
  }
}

export default fp(async (fastify) => {
  fastify.decorate('notifications', notificationsDomain(fastify))
}, { name: 'notifications', dependencies: ['database'] })
