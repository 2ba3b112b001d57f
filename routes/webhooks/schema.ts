import { Type } from '@sinclair/typebox'
import { kept, Moment, nullable, object, oneOf, ref, Text } from '../../schemas.ts'
import { EventType } from '../events/index.ts'

const Url = Text(2048, {
  minLength: 1, description: 'https; in development also http', examples: ['https://warehouse.example/events']
})
const EventTypes = Type.Array(EventType, {
  minItems: 1, maxItems: 3, uniqueItems: true, description: 'which events are sent'
})
const Active = Type.Boolean({ description: 'whether it gets events; what happens while it does not is in the feed' })

export const NewWebhook = object('NewWebhook', {
  url: Url,
  event_types: Type.Optional(nullable({ ...EventTypes, description: 'which events are sent; all without it' })),
  active: Type.Optional(nullable({ ...Active, default: true }))
}, { examples: [{ url: 'https://warehouse.example/events', event_types: ['order_created', 'order_cancelled'] }] })

export const WebhookChanges = object('WebhookChanges', {
  url: kept(Url), event_types: kept(EventTypes), active: kept(Active)
}, { minProperties: 1, examples: [{ active: false }] })

const id = Type.Integer()
const example = {
  id: 1,
  url: 'https://warehouse.example/events',
  event_types: ['order_created', 'order_cancelled'],
  active: true,
  disabled_reason: null,
  failures: 0,
  last_error: null,
  paused_until: null,
  previous_secret_until: null,
  created_at: '2026-11-21T09:30:00.123456+00:00',
  updated_at: '2026-11-21T09:30:00.123456+00:00'
}

const shown = {
  id,
  url: Type.String(),
  event_types: Type.Array(EventType),
  active: Type.Boolean(),
  disabled_reason: nullable(Type.String({ description: 'why it was switched off, where the gateway did so' })),
  failures: Type.Integer({ description: 'how many attempts in a row have failed' }),
  last_error: nullable(Type.String({ description: 'why the latest of them did' })),
  paused_until: nullable({ ...Moment, description: 'nothing is tried before' }),
  previous_secret_until: nullable({ ...Moment, description: 'until when the secret before signs along' }),
  created_at: Moment,
  updated_at: Moment
}

export const Webhook = object('Webhook', shown, { examples: [example] })

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo='
export const WebhookWithSecret = object('WebhookWithSecret', {
  ...shown, secret: Type.String({ description: 'of Standard Webhooks; shown this once' })
}, { examples: [{ ...example, secret: SECRET }] })

export const WebhookPage = object('WebhookPage', {
  webhooks: Type.Array(ref(Webhook)), total: Type.Integer(), limit: Type.Integer(), offset: Type.Integer()
}, { examples: [{ webhooks: [example], total: 1, limit: 20, offset: 0 }] })

export const DeliveryStatus = oneOf(['waiting', 'delivered', 'failed'], { title: 'DeliveryStatus' })

export const WebhookDelivery = object('WebhookDelivery', {
  id,
  webhook_id: Type.Integer(),
  message_id: nullable(Type.String({ format: 'uuid', description: 'webhook-id; the id of the event' })),
  event_type: oneOf(['order_created', 'order_status_updated', 'order_cancelled', 'test']),
  order_id: nullable(Type.Integer()),
  status: DeliveryStatus,
  attempts: Type.Integer(),
  last_status: nullable(Type.Integer({ description: 'of the latest response' })),
  last_error: nullable(Type.String({ description: 'why the latest attempt failed' })),
  took_ms: nullable(Type.Integer({ description: 'how long the latest attempt took' })),
  created_at: Moment,
  next_attempt_at: nullable({ ...Moment, description: 'null behind an earlier event of the order, too' }),
  delivered_at: nullable(Moment),
  failed_at: nullable(Moment)
}, {
  examples: [{
    id: 7,
    webhook_id: 1,
    message_id: '6f1f0f3e-4c3e-4a63-9f0a-0b8f1c9c2d10',
    event_type: 'order_created',
    order_id: 3422000,
    status: 'delivered',
    attempts: 1,
    last_status: 204,
    last_error: null,
    took_ms: 12,
    created_at: '2026-11-21T09:30:00.123456+00:00',
    next_attempt_at: null,
    delivered_at: '2026-11-21T09:30:00.323456+00:00',
    failed_at: null
  }]
})

export const WebhookDeliveryPage = object('WebhookDeliveryPage', {
  deliveries: Type.Array(ref(WebhookDelivery)), total: Type.Integer(), limit: Type.Integer(), offset: Type.Integer()
}, { examples: [{ deliveries: WebhookDelivery.examples, total: 1, limit: 20, offset: 0 }] })

/** What the routes refer to by name, beside bodies. */
export const webhookSchemas = [Webhook, WebhookWithSecret, WebhookPage, WebhookDelivery, WebhookDeliveryPage]
