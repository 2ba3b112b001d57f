import type { Sql } from 'postgres'
import { statementTexts, type Parameter } from '../database/statements.ts'
import type { Sample } from './size-shop.ts'

/** What a statement is tried with. */
export interface Trial {
  what: string
  statement: string
  parameters: Parameter[]
  /** It looks up the orders of a part of a day, or of a product in a part of a month: more where a day has more. */
  isByDay?: boolean
}

const FROM = '2026-03-10T10:00:00Z'
const TO = '2026-08-20T08:00:00Z'
const CONTEXT = JSON.stringify({ actor: 'warehouse', request_id: 'size-plans', caller: 'size', idempotency_key: null })

/** What a list of orders is sorted by, and a key in the middle; null: newest first, and a time. */
const SORTS = [[null, null], ['created', null], ['total', '20'], ['-total', '20']] as const

/** Every combination of the filters of a list of orders, from the first page on and from one far behind. */
function lists (statement: string, user: string, { product, popular, deepTime, deepId }: Sample): Trial[] {
  const trials: Trial[] = []
  for (const ofUser of [null, user]) {
    for (const status of [null, 'delivered', 'pending']) {
      for (const filter of [null, product, popular]) {
        for (const [from, to] of [[null, null], [FROM, TO]] as const) {
          const filters = [
            ofUser && 'a user', status, filter && (filter === popular ? 'the popular product' : 'a product'),
            from && 'dates'
          ].filter(Boolean).join(', ') || 'all'
          const isByDay = ofUser === null && from !== null && filter !== product
          for (const [sort, key] of filter ? SORTS.slice(0, 1) : SORTS) {
            for (const after of [null, key ?? deepTime]) {
              trials.push({
                what: `${statement}: ${filters}${sort ? `, by ${sort}` : ''}${after ? ', far behind' : ''}`,
                statement,
                parameters: [ofUser, status, filter, from, to, after, after && deepId, 25, 0, sort],
                isByDay
              })
            }
          }
        }
      }
    }
  }
  return trials
}

/** Every statement that no queue is worked off with (queues-at-size.ts tries those). */
export function trialsOf (s: Sample): Trial[] {
  const items = (...ids: string[]) => JSON.stringify(ids.map((id) => ({ product_id: Number(id), quantity: 1 })))
  const caller = JSON.stringify({
    userId: s.user, localId: s.user, isLinked: true, email: s.email, isVerified: true, role: 'customer'
  })
  const input = (fields: object) => JSON.stringify({
    items: JSON.parse(items(s.product, s.popular)), sell_unpriced: true, ...fields
  })
  const keyed = JSON.stringify({ ...JSON.parse(CONTEXT), idempotency_key: 'new', request_hash: 'hash' })
  const patch = JSON.stringify({ tracking_number: '1Z999', note: 'left at noon' })
  const groups: Parameter[][] = [
    ...['day', 'week', 'month', 'status', 'product'].map((by) => [by, null, null, null, null, null]),
    ['day', null, 'paid', s.product, null, null], ['day', s.user, null, null, FROM, TO]
  ]
  const all: Record<string, Parameter[][]> = {
    'carts/add-cart-item': [[s.user, JSON.stringify({ product_id: Number(s.product), quantity: 1 }), null]],
    'carts/clear-cart': [[s.user, null]],
    'carts/create-cart': [[s.cartless, items(s.product, s.popular)]],
    'carts/delete-cart': [[s.user, null]],
    'carts/find': [[s.user]],
    'carts/merge-cart': [[s.user, items(s.product, s.popular), null]],
    'carts/replace-cart': [[s.user, items(s.product, s.popular), null]],
    'carts/set-cart-item': [[s.user, s.inCart, 7, null], [s.user, s.inCart, 0, null]],
    'catalogue/change-product': [[s.product, '{"name": "Another", "price_cents": 123, "stock": 12}', null, CONTEXT]],
    'catalogue/change-products': [[`[{"id": ${s.product}, "stock": 13}, {"id": ${s.popular}, "stock": 9}]`, CONTEXT]],
    'catalogue/create-product': [['{"name": "New", "price_cents": 123, "stock": 12}', CONTEXT]],
    'catalogue/fold-movements': [[1000]],
    'catalogue/find': [[s.product]],
    'catalogue/find-managed': [[s.product]],
    'catalogue/find-offers': [[[s.product, s.popular]]],
    'catalogue/has-prices': [[]],
    'catalogue/list': [
      [null, null, null, null, 25, 0, null], [['bakery'], null, null, null, 25, 0, true],
      [null, 3, null, 50, 25, 0, null]
    ],
    'catalogue/export-products': [[null, null, 500], [null, 1500, 500], ['organic', null, 500]],
    'catalogue/list-aisles': [[]],
    'catalogue/list-departments': [[]],
    'catalogue/list-managed': [[25, 0]],
    'catalogue/list-sorted': ['product_id', 'name', 'price', '-price', 'popularity'].flatMap((sort) => [
      [sort, null, null, null, null, null, null, null, null, null, null, 26, 0],
      [sort, null, null, null, 3, null, null, null, true, null, null, 26, 0],
      [sort, [s.product, s.popular], null, null, null, null, null, null, null, null, null, 3, 0],
      [sort, null, 'organic', null, null, null, null, null, null, null, null, 26, 0]
    ]),
    'catalogue/search': [
      [null, null, null, null, 25, 0, null, null, 'organic', null], [null, 3, null, null, 25, 0, 2, 3, null, true]
    ],
    'catalogue/search-managed': [['organic', 25, 0]],
    'gateway/find-progress': [[1]],
    'gateway/find-settings': [[['lock_timeout']]],
    'gateway/find-working': [[['1']]],
    'gateway/instance': [[]],
    'gateway/ping': [[]],
    'gateway/position': [[]],
    'gateway/schema-version': [[]],
    'events/list-feed': [[null, 100], ['5000', 1000]],
    'events/register-publisher': [['order_events']],
    'notifications/unsubscribe': [[s.user]],
    'operations/count-failed-emails': [[new Date().toISOString()]],
    'operations/count-failed-deliveries': [[]],
    'operations/find-failed-ticks': [['reminders', null]],
    'operations/keep-check': [['counts', 'infinity', 0, '[]', 5]],
    'operations/list-failed': [['emails', 25, 0], ['reminders', 25, 0], ['webhooks', 25, 0]],
    'operations/list-invariants': [[]],
    'operations/list-periods': [[]],
    'operations/list-queues': [[]],
    'operations/retry-email': [[s.email_id]],
    'orders/add-items': [[s.open, items(s.popular, s.product), CONTEXT]],
    'orders/change-for-caller': [[s.open, '{"status": "cancelled"}', null, caller, CONTEXT]],
    'orders/change-order': [[s.order, patch, null, CONTEXT], [s.open, '{"status": "paid"}', null, CONTEXT]],
    'orders/change-status': [[s.open, '{"status": "cancelled"}', null, CONTEXT]],
    'orders/delete-order': [[s.order, null], [s.open, null]],
    'orders/export-documents': [[null, null, null, null, null, null, null, 200]],
    'orders/export-lines': [[null, 'delivered', null, FROM, TO, s.deepTime, s.deepId, 200]],
    'orders/export-orders': [
      [null, null, null, null, null, s.deepTime, s.deepId, 200], [null, null, s.popular, null, null, null, null, 200]
    ],
    'orders/find': [[s.order]],
    'orders/find-for-caller': [[s.order, null, caller], [null, s.reference, caller]],
    'orders/find-invoice': [[s.order]],
    'orders/find-managed': [[s.order]],
    'orders/list-for-caller': [
      [caller, false, null, 25, 0], [caller, true, null, 25, 0], [caller, true, 'delivered', 25, 50]
    ],
    'orders/list-timeline': [[s.order, 1000], [s.open, 1000]],
    'orders/place': [
      ['place', input({ user_id: s.user }), CONTEXT], ['place', input({ user_id: s.user }), keyed],
      ['checkout', JSON.stringify({ user_id: s.other, sell_unpriced: true }), keyed],
      ['place_managed', input({ user_id: Number(s.userKey), status: 'paid' }), CONTEXT],
      ['place_for_caller', input({ caller: JSON.parse(caller) }), keyed]
    ],
    'orders/store-invoice': [[s.order, 'application/pdf', Buffer.from('another')]],
    'orders/warm': [[]],
    'users/change-identity': [[s.userKey, '{"email": "new@example.com", "full_name": "Ada King"}', null]],
    'users/count': [[]],
    'users/create-user': [
      ['{"first_name": "Ada", "last_name": "King", "email_address": "ada@example.com"}', 'a hash', 'service']
    ],
    'users/delete': [[s.user, s.hash, null]],
    'users/ensure-caller': [
      [caller],
      [JSON.stringify({ userId: 'new', localId: null, isLinked: false, email: 'new@example.com', isVerified: true })]
    ],
    'users/export': [[s.user]],
    'users/find': [[s.user]],
    'users/find-caller': [[s.user, null, null], [null, 'somebody', s.email]],
    'users/find-credentials': [[s.email]],
    'users/find-managed': [[s.user], [s.userKey]],
    'users/find-password': [[s.user]],
    'users/list': [[25, 0]],
    'users/list-managed': [[25, 0]],
    'users/log-in': [[s.user, s.hash, 'another hash']],
    'users/read-status-changes': [[s.user]],
    'users/search': [[s.email, 25, 0]],
    'users/search-managed': [[s.email, 25, 0]],
    'users/update-email': [[s.user, s.hash, 'new@example.com']],
    'users/update-password': [[s.user, s.hash, 'another hash']],
    'users/update-user': [[s.user, '{"city": "Elsewhere", "days_between_order_notifications": 30}', null]],
    'webhooks/change-webhook': [['2', '{"active": true, "event_types": ["order_created"]}']],
    'webhooks/clear-webhooks': [[]],
    'webhooks/create-webhook': [['https://shop.example/', ['order_created'], true, 'a secret', 100]],
    'webhooks/delete-webhook': [['2']],
    'webhooks/find-delivery': [['1', s.delivery]],
    'webhooks/find-webhook': [['1']],
    'webhooks/list-deliveries': [
      ['1', null, 20, 0], ['1', 'delivered', 20, 20], ['1', 'failed', 20, 0], ['1', 'waiting', 20, 0]
    ],
    'webhooks/list-webhooks': [[20, 0]],
    'webhooks/redeliver': [['1', s.delivery]],
    'webhooks/rotate-secret': [['2', 'a secret', 24]],
    'webhooks/test-webhook': [['2']]
  }
  return [
    ...lists('orders/list', s.user, s),
    ...lists('orders/list-managed', s.userKey, s),
    ...groups.map((parameters, n) => ({
      what: `orders/list-groups (${n + 1})`, statement: 'orders/list-groups', parameters, isByDay: true
    })),
    ...Object.entries(all).flatMap(([statement, tries]) => tries.map((parameters, n) => ({
      what: tries.length > 1 ? `${statement} (${n + 1})` : statement, statement, parameters
    })))
  ]
}

export interface Cost {
  /** Pages looked at, of the functions it calls and their triggers, too. */
  pages: number
  ms: number
  /** Rows of each table that were read one after the other. */
  scanned: Map<string, number>
}

function literal (value: Parameter): string {
  if (value === null) return 'null'
  if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'`
  return `'${String(Array.isArray(value) ? `{${value.join(',')}}` : value).replaceAll("'", "''")}'`
}

/**
 * Runs a statement by a plan for any parameters, twice, and takes it back: the first time, functions make their plans
 * and read catalogues. What the second run cost counts.
 */
export async function costOf (sql: Sql, { statement, parameters }: Trial): Promise<Cost> {
  const values = parameters.length > 0 ? `(${parameters.map(literal).join(', ')})` : ''
  await sql.unsafe(`prepare trial as ${statementTexts.get(statement)!}`).simple()
  try {
    await runOnce(sql, values)
    return await runOnce(sql, values)
  } finally {
    await sql.unsafe('rollback').simple()
    await sql.unsafe('deallocate trial').simple()
  }
}

async function runOnce (sql: Sql, values: string): Promise<Cost> {
  await sql.unsafe('begin').simple()
  const before = await rowsScanned(sql)
  const explain = 'explain (analyze, buffers, timing off, format json)'
  const [row] = await sql.unsafe(`${explain} execute trial ${values}`).simple()
  const [{ Plan: plan, 'Execution Time': ms }] = Object.values(row!)[0] as [any]
  const scanned = new Map([...await rowsScanned(sql)].map(([name, rows]) => [name, rows - (before.get(name) ?? 0)]))
  await sql.unsafe('rollback').simple()
  return { pages: plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], ms, scanned }
}

/** Rows of each table that this session has read one after the other, of which the server has not been told yet. */
async function rowsScanned (sql: Sql): Promise<Map<string, number>> {
  const rows = await sql<{ name: string, rows: number }[]>`
    select relid::regclass::text as name, seq_tup_read::int as rows from pg_stat_xact_user_tables`
  return new Map(rows.map(({ name, rows }) => [name, rows]))
}
