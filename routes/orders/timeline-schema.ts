import { Type } from '@sinclair/typebox'
import { Moment, object, oneOf } from '../../schemas.ts'
import { EventType } from '../events/index.ts'
import { DeliveryStatus } from '../webhooks/schema.ts'
import { Status } from './schema.ts'

/** In the order in which one leads to another. */
const KINDS = [
  'created', 'status', 'note', 'stock', 'invoice', 'changed', 'event', 'rabbitmq', 'webhook', 'email', 'repeat'
] as const

const text = Type.Optional(Type.String())
const number = Type.Optional(Type.Integer())

/**
 * What is known of an entry, by its kind. `attempts`: how often something was sent, or for a repeat, how often the
 * request came.
 */
const facts = {
  at: Moment,
  kind: oneOf(KINDS),
  status: Type.Optional(Status),
  changed_by: text,
  note: text,
  request_id: text,
  /** By product: below zero is taken. */
  quantities: Type.Optional(Type.Unsafe<Record<string, number>>({
    type: 'object', additionalProperties: { type: 'integer' }
  })),
  event_id: text,
  event_type: Type.Optional(EventType),
  webhook_id: number,
  state: Type.Optional(DeliveryStatus),
  attempts: number,
  last_error: text
}

/** The same as the statement has it: with what only the summary tells. */
export const TimelineFacts = Type.Object({
  ...facts,
  from_status: text,
  is_placed_here: Type.Optional(Type.Boolean()),
  reason: text,
  version: number,
  content_type: text,
  size: number,
  sequence: number,
  url: text,
  is_off: Type.Optional(Type.Boolean()),
  disabled_reason: text,
  next_attempt_at: text
})

export const OrderTimeline = object('OrderTimeline', {
  order_id: Type.Integer(),
  deleted: Type.Boolean(),
  entries: Type.Array(Type.Object({ ...facts, summary: Type.String() })),
  total: Type.Integer()
}, {
  examples: [{
    order_id: 3422000,
    deleted: false,
    entries: [{
      at: '2026-11-21T09:30:00.123456+00:00',
      kind: 'note',
      note: 'a gift',
      summary: 'Remark by Ada: a gift'
    }],
    total: 1
  }]
})
