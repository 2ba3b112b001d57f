import { Type, type Static, type TObject, type TProperties, type TSchema } from '@sinclair/typebox'
import { problem } from './common/problems.ts'

/** The value or null. One schema with two types: a union of schemas serializes far slower. */
export const nullable = <T extends TSchema>(schema: T) =>
  Type.Unsafe<Static<T> | null>({
    ...schema,
    type: [schema.type, 'null'],
    ...Array.isArray(schema.enum) && { enum: [...schema.enum, null] }
  })

/**
 * A property that may be missing or null. In a new resource null means "not sent"; in a change it empties the field.
 */
export const optional = <T extends TSchema>(schema: T) => Type.Optional(nullable(schema))

const KEPT = Symbol('kept')

/** A property of a change that always has a value: null means "not sent", too. */
export const kept = <T extends TSchema>(schema: T) => optional({ ...schema, [KEPT]: true })

/** One of a list of texts. */
export const oneOf = <T extends string>(values: readonly T[], options = {}) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], ...options })

/** A reference to a schema that was added to the application under its `$id`. */
export const ref = <T extends TSchema>(schema: T) => Type.Unsafe<Static<T>>({ $ref: `${schema.$id}#` })

/** Only the properties a schema names and the caller sent: what else comes along is ignored. */
export function pick<T extends TObject> (schema: T, value: Static<T>): Static<T> {
  const source = value as Record<string, unknown>
  const sent = Object.entries(schema.properties)
    .filter(([key, property]) => key in source && !(KEPT in property && source[key] === null))
  return Object.fromEntries(sent.map(([key]) => [key, source[key]])) as Static<T>
}

/** The same for a change that must hold something. Rejects with INVALID_INPUT. */
export function pickSome<T extends TObject> (schema: T, value: Static<T>): Static<T> {
  const picked = pick(schema, value)
  if (Object.keys(picked).length > 0) return picked
  throw problem('INVALID_INPUT', {}, [
    { field: 'body', message: `must have one of ${Object.keys(schema.properties).join(', ')}` }
  ])
}

/** PostgreSQL's integer and the largest id a bigint parameter takes without trouble in JSON. */
const MAX_INTEGER = 2_147_483_647

export const UserId = Type.String({
  title: 'UserId', format: 'uuid', description: 'a user’s public id', examples: ['54e02e9f-e6c8-50c3-9b2e-87f37ee5b745']
})
const UUID_TEXT = '[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}'

/** A user in a body of the management API: the internal id, or the public one. */
export const UserKey = Type.Unsafe<number | string>({
  type: ['integer', 'string'],
  minimum: 0,
  maximum: Number.MAX_SAFE_INTEGER,
  pattern: `^${UUID_TEXT}$`,
  description: 'the internal id, or the UUID',
  examples: [1]
})

/** The same in a path or a query, where everything is text. */
export const UserKeyText = Type.String({
  pattern: `^([0-9]{1,18}|${UUID_TEXT})$`, description: 'the internal id, or the UUID', examples: ['1']
})

export const OrderId = Type.String({
  title: 'OrderId', pattern: '^[0-9]{1,18}$', description: 'an order’s number', examples: ['1200']
})
export const ProductId = Type.Integer({ title: 'ProductId', minimum: 0, maximum: MAX_INTEGER, examples: [1] })
export const Quantity = Type.Integer({ minimum: 1, maximum: 1_000_000, examples: [2] })
export const Timestamp = Type.String({
  format: 'timestamp',
  description: 'ISO 8601, also without seconds, or a date alone; without an offset: UTC',
  examples: ['2026-11-21T09:30:00+00:00']
})
export const Text = (maxLength: number, options = {}) => Type.String({ maxLength, ...options })

/** Only http and https: what a shop front makes a link of must not be `javascript:`. Empty is none. */
export const WEB_URL = '^(?:[hH][tT]{2}[pP][sS]?://|$)'
export const WebUrl = Text(2048, {
  pattern: WEB_URL, description: 'http or https', examples: ['https://www.ups.com/track?tracknum=1Z999AA10123456784']
})

/** An image may be a path of the shop's own, too, or the image itself. */
export const IMAGE_URL = '^(?:[hH][tT]{2}[pP][sS]?://|data:image/|[^\\s\\p{Cc}:/?#]*(?:[/?#]|$))'
export const ImageUrl = Text(2048, {
  pattern: IMAGE_URL, description: 'http, https, or a path', examples: ['https://example.com/rye.png']
})

/** Request headers that routes take, each where it means something. */
export const IdempotencyKey = {
  'idempotency-key': Type.Optional(Type.String({
    pattern: '^[\\x21-\\x7e]{1,255}$',
    description: 'a repeat with the same key, caller and body gets the first response, for 24 hours'
  }))
}
export const IfMatch = {
  'if-match': Type.Optional(Type.String({
    description: 'the ETag the change is based on; 412 when it is no longer the resource’s'
  }))
}
export const IfNoneMatch = {
  'if-none-match': Type.Optional(Type.String({
    description: 'ETags the caller has the resource of; 304 where one of them is still its ETag'
  }))
}
export const Actor = {
  'x-actor': Type.Optional(Type.String({
    description: 'who acts for the caller; stands in changed_by where the body names nobody'
  }))
}

/** A moment in an answer. */
export const Moment = Type.String({ format: 'date-time' })

/** limit and offset of a list. */
export const Paging = (defaultLimit: number) => ({
  limit: Type.Integer({ minimum: 1, maximum: 100, default: defaultLimit, description: 'entries a page' }),
  offset: Type.Integer({ minimum: 0, maximum: 1_000_000_000, default: 0, description: 'entries to skip' })
})

export const Cursor = Type.String({
  maxLength: 200, description: 'next_cursor of the page before: stays fast however deep; instead of offset'
})

/** What every list returns beside its entries. */
export const PageInfo = {
  total: Type.Integer({ description: 'exact number of all entries that match' }),
  limit: Type.Integer(),
  offset: Type.Integer(),
  has_next: Type.Boolean(),
  has_prev: Type.Boolean()
}

/** Derives the rest of PageInfo. */
export function pageInfo (total: number, { limit, offset }: { limit: number, offset: number }) {
  return { total, limit, offset, has_next: offset + limit < total, has_prev: offset > 0 }
}

export const object = <T extends TProperties>($id: string, properties: T, options = {}) => Type.Object(properties, {
  $id, ...options
})
