import type { Sent } from '../requests.ts'
import type { Value } from './equal.ts'
import type { Package } from './install.ts'

/** The requests that a generated gateway can answer with the same rows. */
export const PEER_CASES = ['user', 'page', 'order'] as const
export type PeerCase = typeof PEER_CASES[number]

/** What a request is about: a user's id, a page's offset, an order's id. */
export interface Subject { user: string, page: number, order: string }

/** Another gateway, which makes its API from the schema of the database. */
export interface Peer {
  name: string
  package: Package
  /** Starts it, given port, pool size and the folder of its package. */
  server: string
  /** How the request is sent to it. */
  request: { [Name in PeerCase]: (subject: Subject[Name]) => Sent }
  /** What its response holds, in the gateway's names and shape. */
  rows: { [Name in PeerCase]: (response: never) => Value }
}

export const graphql = (query: string, variables: Record<string, unknown>): Sent => ({
  method: 'POST',
  path: '/graphql',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ query, variables })
})

/** A request that is answered as soon as anything is. */
export const READY = graphql('{ __typename }', {})

/** GraphQL's list of fields: the gateway's names, as aliases for those of the peers. */
export const fieldsOf = (names: readonly string[]) => names.map((name) => `${name}: ${camelCase(name)}`).join(' ')

export const camelCase = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase())

export const USER_FIELDS = [
  'first_name', 'last_name', 'email_address', 'phone_number', 'street_address', 'city', 'postal_code', 'country',
  'days_between_order_notifications', 'order_notifications_start_date_time', 'order_notifications_next_scheduled_time',
  'pending_order_notification', 'order_notifications_via_email', 'last_notification_sent_at',
  'last_notifications_viewed_at', 'last_login'
] as const

/** Of an order itself; its id, its user and its invoice are found in another way by each peer. */
export const ORDER_FIELDS = [
  'order_number', 'order_dow', 'order_hour_of_day', 'days_since_prior_order', 'total_items', 'total_quantity',
  'total_price', 'status', 'delivery_name', 'phone_number', 'street_address', 'city', 'postal_code', 'country',
  'tracking_number', 'shipping_carrier', 'tracking_url', 'created_at', 'updated_at'
] as const
export const ITEM_FIELDS = [
  'product_name', 'quantity', 'add_to_cart_order', 'reordered', 'price', 'image_url'
] as const
export const HISTORY_FIELDS = ['history_id', 'status', 'changed_at', 'changed_by', 'note'] as const

/** What the gateway's own response holds of it. */
export const OURS: { [Name in PeerCase]: (response: never) => Value } = {
  user: (user: Value) => user,
  page: ({ products, total }: { products: Value, total: number }) => ({ products, total }),
  order: ({ data: [order] }: { data: [Value] }) => order
}

export type Row = Record<string, Value>

/** A row that refers to others, each under a name of its own or null where there is none. */
export type Nested<Name extends string> = Row & Record<Name, Row | null>

/** A product as the gateway shows it. */
export function productOf ({ department, aisle, enriched, ...own }: Nested<'department' | 'aisle' | 'enriched'>): Row {
  return {
    ...own,
    department_name: department?.department_name ?? null,
    aisle_name: aisle?.aisle_name ?? null,
    description: enriched?.description ?? null,
    price: enriched?.price ?? null,
    image_url: enriched?.image_url ?? null
  }
}

/** An order as the gateway shows it, of its rows. */
export function orderOf (id: string, own: Row, userId: Value, hasInvoice: boolean, items: Row[], history: Row[]): Row {
  return {
    ...own,
    order_id: id,
    user_id: userId,
    // Nothing else is handed out by the gateway.
    tracking_url: /^https?:\/\//i.test(String(own.tracking_url)) ? own.tracking_url! : null,
    invoice: hasInvoice ? `/orders/${id}/invoice` : null,
    items,
    status_history: history.map((entry) => ({ ...entry, order_id: id }))
  }
}
