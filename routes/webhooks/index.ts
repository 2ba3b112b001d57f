import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Type, type Static } from '@sinclair/typebox'
import { nullable, pickSome } from '../../schemas.ts'
import { problem } from '../../common/problems.ts'
import { sealedWith } from '../../common/sealed.ts'
import { EVENT_TYPES } from '../events/index.ts'
import { NewWebhook, Webhook, WebhookChanges, WebhookDelivery } from './schema.ts'
import { newSecret } from './signature.ts'

/** Each has room of its own in the memory of a gateway. */
const MOST = 100

/** How long the secret before signs along. */
const ROTATION_HOURS = 24

const Id = Type.Object({ id: Type.Integer() })

const ClaimedDelivery = Type.Object({
  id: Type.Integer(),
  webhook_id: Type.Integer(),
  is_test: Type.Boolean(),
  message_id: nullable(Type.String()),
  event_type: nullable(Type.String()),
  created_at: Type.String(),
  document: nullable(Type.String({ description: 'JSON; null where the event was cleared' })),
  traceparent: nullable(Type.String({ description: 'the trace of the request that caused it' }))
})
const Claimed = Type.Object({
  deliveries: Type.Array(ClaimedDelivery),
  webhooks: Type.Array(Type.Object({
    id: Type.Integer(), url: Type.String(), secret: Type.String(), previous_secret: nullable(Type.String())
  }))
})
export type Delivery = Static<typeof ClaimedDelivery>

/** Where a delivery goes; `secrets` sign it, and are none where SECRET_KEY is not the one they were kept with. */
export interface Target { url: string, secrets: string[] }

/** What became of an attempt. */
export interface Outcome {
  id: number
  webhook_id: number
  is_delivered: boolean
  /** The consumer wants no more: 410. */
  is_gone: boolean
  status: number | null
  reason: string | null
  /** In seconds, as the consumer asks. */
  retry_after: number | null
  took_ms: number
}

declare module 'fastify' {
  interface FastifyInstance { webhooks: ReturnType<typeof webhooksDomain> }
}

/** Who wants order events sent to an address of their own, and what is sent there. */
function webhooksDomain (fastify: FastifyInstance) {
  const { config, sender } = fastify
  const { statement } = fastify.database
  const create = statement('webhooks/create-webhook', Id)
  const find = statement('webhooks/find-webhook', Webhook)
  const list = statement('webhooks/list-webhooks',
    Type.Object({ total: Type.Integer(), webhooks: Type.Array(Webhook) }))
  const change = statement('webhooks/change-webhook', Id)
  const rotate = statement('webhooks/rotate-secret', Id)
  const remove = statement('webhooks/delete-webhook', Id)
  const listDeliveries = statement('webhooks/list-deliveries',
    Type.Object({ total: Type.Integer(), deliveries: Type.Array(WebhookDelivery) }))
  const findDelivery = statement('webhooks/find-delivery', WebhookDelivery)
  const redeliver = statement('webhooks/redeliver', Id)
  const test = statement('webhooks/test-webhook', Id)
  const claim = statement('webhooks/claim-deliveries', Claimed)
  const record = statement('webhooks/record-deliveries', Type.Object({ is_recorded: Type.Boolean() }))
  const release = statement('webhooks/release-deliveries', Id)
  const expire = statement('webhooks/expire-deliveries', Type.Object({ expired: Type.Integer() }))
  const clear = statement('webhooks/clear-deliveries', Id)
  const clearWebhooks = statement('webhooks/clear-webhooks', Id)

  const sealed = sealedWith(config.SECRET_KEY, 'webhook secrets')

  function open (secret: string | null): string[] {
    try {
      return secret === null ? [] : [sealed.open(secret)]
    } catch {
      return []
    }
  }

  function checkUrl (url: string | null | undefined): void {
    const reason = url ? sender.faultOf(url) : undefined
    if (reason !== undefined) throw problem('WEBHOOK_URL_REFUSED', { reason })
  }

  async function findOne (id: number): Promise<Static<typeof Webhook>> {
    const webhook = await find.first(id)
    if (!webhook) throw problem('WEBHOOK_NOT_FOUND')
    return webhook
  }

  return {
    /** Rejects with WEBHOOK_NOT_FOUND. */
    find: findOne,

    list: async (page: { limit: number, offset: number }) => (await list.first(page.limit, page.offset))!,

    /** Adds a webhook, and returns its secret, too. Rejects with WEBHOOK_URL_REFUSED, WEBHOOK_LIMIT_REACHED. */
    async create ({ url, event_types: types, active }: Static<typeof NewWebhook>) {
      checkUrl(url)
      const secret = newSecret()
      const created = await create.first(url, [...types ?? EVENT_TYPES], active ?? true, sealed.seal(secret), MOST)
      if (!created) throw problem('WEBHOOK_LIMIT_REACHED', { most: MOST })
      return { ...await findOne(created.id), secret }
    },

    /** Rejects with WEBHOOK_NOT_FOUND, WEBHOOK_URL_REFUSED, INVALID_INPUT. */
    async change (id: number, changes: Static<typeof WebhookChanges>) {
      const picked = pickSome(WebhookChanges, changes)
      checkUrl(picked.url)
      await change.first(id, JSON.stringify(picked))
      return await findOne(id)
    },

    /** Makes a new secret, and returns it; the one before signs along for a day. Rejects with WEBHOOK_NOT_FOUND. */
    async rotateSecret (id: number) {
      const secret = newSecret()
      await rotate.first(id, sealed.seal(secret), ROTATION_HOURS)
      return { ...await findOne(id), secret }
    },

    /** Rejects with WEBHOOK_NOT_FOUND. */
    async remove (id: number): Promise<void> {
      if (!await remove.first(id)) throw problem('WEBHOOK_NOT_FOUND')
    },

    /** A page of a webhook's deliveries, the latest first. Rejects with WEBHOOK_NOT_FOUND. */
    async listDeliveries (id: number, page: { status?: string | undefined, limit: number, offset: number }) {
      await findOne(id)
      return (await listDeliveries.first(id, page.status ?? null, page.limit, page.offset))!
    },

    /** Sends a delivery again, as if it were new. Rejects with WEBHOOK_NOT_FOUND, DELIVERY_NOT_FOUND. */
    async redeliver (id: number, deliveryId: number): Promise<Static<typeof WebhookDelivery>> {
      await findOne(id)
      if (!await redeliver.first(id, deliveryId)) throw problem('DELIVERY_NOT_FOUND')
      return (await findDelivery.first(id, deliveryId))!
    },

    /** Has a test sent; it goes the way of all deliveries. Rejects with WEBHOOK_NOT_FOUND. */
    async test (id: number): Promise<Static<typeof WebhookDelivery>> {
      const made = await test.first(id)
      if (!made) throw problem('WEBHOOK_NOT_FOUND')
      return (await findDelivery.first(id, made.id))!
    },

    /** Takes hold of what is due for `holdSeconds`: of each webhook up to `room`, or as many as `rooms` says. */
    async claim (rooms: Map<number, number>, room: number, holdSeconds: number) {
      const { deliveries, webhooks } =
        (await claim.first(JSON.stringify(Object.fromEntries(rooms)), room, holdSeconds))!
      const targets = new Map<number, Target>(webhooks.map((webhook) => [webhook.id, {
        url: webhook.url, secrets: [...open(webhook.secret), ...open(webhook.previous_secret)]
      }]))
      return { deliveries, targets }
    },

    /** Keeps what became of deliveries, and plans the next attempts. */
    record: async (outcomes: Outcome[]) => { await record.all(JSON.stringify(outcomes)) },

    /** These were taken and not tried. */
    release: async (ids: number[]) => { await release.all(ids.map(String)) },

    /** Gives up on up to `limit` deliveries that nobody took within three days; says how many. */
    expire: async (limit: number) => (await expire.first(limit))!.expired,

    /** Clears up to `limit` tests of long ago and deliveries of deleted webhooks; says how many. */
    clear: async (limit: number) => (await clear.all(limit, config.EVENT_RETENTION_DAYS)).length,

    /** Clears deleted webhooks that have no deliveries any more; says how many. */
    clearDeleted: async () => (await clearWebhooks.all()).length
  }
}

export default fp(async (fastify) => {
  fastify.decorate('webhooks', webhooksDomain(fastify))
}, { name: 'webhooks', dependencies: ['database', 'sender'] })
