import type { Sql } from 'postgres'
import { statementTexts, type Parameter } from '../database/statements.ts'

/** Things that are alike in a shop of any size, so that what is done with them should cost alike. */
export interface Sample {
  /** Has twenty orders, or nearly, and a cart of three products. */
  user: string
  userKey: string
  email: string
  hash: string
  /** Has a cart, too: a checkout takes it away. */
  other: string
  cartless: string
  /** Delivered long ago, of about ten products; with an invoice. */
  order: string
  reference: string
  /** The same user's latest, still pending. */
  open: string
  /** In about forty orders, with a price and a stock. */
  product: string
  /** In most orders. */
  popular: string
  /** In the sample's cart. */
  inCart: string
  email_id: string
  event: string
  /** Far behind the first: nine tenths of all orders are newer. */
  deepTime: string
  deepId: string
}

/** What a shop of `orders` has besides, when it has been at work for as long: all of it done, a bit of it waiting. */
const AT_WORK = `
  set db_service.loading = 'on';
  update orders.orders o set status = 'pending' from users.users u
    where u.id = o.user_id and u.last_order_number = o.order_number;
  reset db_service.loading;
  insert into products.inventory (product_id, stock) select product_id, 1000000 from products.products
  where product_id % 3 = 0;
  update users.users set hashed_password = 'hash ' || id;
  insert into orders.carts (user_id) select id from users.users where id > (select min(id) from users.users);
  insert into orders.cart_items (cart_id, product_id, quantity, add_to_cart_order)
    select c.cart_id, 1 + (c.user_id * 7 + n * 11) % (select count(*) from products.products), 1, n
    from orders.carts c cross join generate_series(1, 3) n;
  insert into orders.outbox (order_id, event_type, payload, published_at) select id, 'order_created',
    '{"status": "paid"}', now() from orders.orders;
  insert into orders.outbox (order_id, event_type, payload) select id, 'order_status_updated', '{"status": "paid"}'
    from orders.orders order by id desc limit 50;
  insert into users.reminders (user_id, due_at) select user_id, created_at from orders.orders group by 1, 2;
  insert into gateway.emails (user_id, due_at, accepted_at) select user_id, due_at, now() from users.reminders;
  insert into gateway.emails (user_id, history_id) select o.user_id, h.history_id from orders.order_status_history h
    join orders.orders o on o.id = h.order_id order by h.history_id desc limit 50;
  update gateway.emails set failed_at = now() where id in (select id from gateway.emails where history_id is not null
    order by id desc limit 20);
  insert into gateway.idempotency_keys (caller, key, request_hash, answer, order_id) select 'somebody', id::text,
    'hash', '{}', id from orders.orders;
  insert into orders.invoices (order_id, content_type, document) select id, 'application/pdf', 'x' from orders.orders;
  insert into gateway.event_publishers (queue, last_seen) values ('order_events', now());
  update users.users set order_notifications_next_scheduled_time = now() + interval '3 days';
  update users.users set order_notifications_next_scheduled_time = now() - interval '1 hour'
    where id in (select id from users.users order by id desc limit 20);
  vacuum analyze`

/** Fills what the loader leaves empty, and looks for what there is to ask for. */
export async function setToWork (sql: Sql): Promise<Sample> {
  for (const statement of AT_WORK.split(/;\n/)) await sql.unsafe(statement)
  const [sample] = await sql.unsafe<Sample[]>(`
    with buyer as materialized (
      select user_id from orders.orders group by user_id order by abs(count(*) - 20), user_id limit 2
    ), deep as materialized (
      select created_at, id from orders.orders order by created_at, id
      offset (select count(*) / 10 from orders.orders) limit 1
    ), done as materialized (
      select id, order_reference from orders.orders where user_id = (select min(user_id) from buyer)
      and status = 'delivered' order by abs(total_items - 10), id limit 1
    )
    select u.external_user_id::text as user, u.id::text as "userKey", u.email_address as email,
      u.hashed_password as hash,
      (select external_user_id::text from users.users where id = (select max(user_id) from buyer)) as other,
      (select external_user_id::text from users.users where id not in (select user_id from orders.carts) limit 1)
        as cartless,
      done.id::text as order, done.order_reference as reference,
      (select id::text from orders.orders where status = 'pending' and user_id = u.id) as open,
      (select i.product_id::text from orders.order_items i join products.inventory using (product_id)
        where price is not null group by 1 order by abs(count(*) - 40), i.product_id::text limit 1) as product,
      (select product_id::text from orders.order_items group by 1 order by count(*) desc limit 1) as popular,
      (select i.product_id::text from orders.cart_items i join orders.carts c using (cart_id) where c.user_id = u.id
        order by 1 limit 1) as "inCart",
      (select max(id)::text from gateway.emails where failed_at is not null) as email_id,
      (select max(id)::text from orders.outbox where published_at is null) as event,
      (extract(epoch from deep.created_at) * 1000000)::bigint::text as "deepTime", deep.id::text as "deepId"
    from users.users u, deep, done where u.id = (select min(user_id) from buyer)`)
  return sample!
}

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

/** Every combination of the filters of a list of orders, from the first page on and from one far behind. */
function lists (statement: string, user: string, { product, popular, deepTime, deepId }: Sample): Trial[] {
  const trials: Trial[] = []
  for (const ofUser of [null, user]) {
    for (const status of [null, 'delivered', 'pending']) {
      for (const filter of [null, product, popular]) {
        for (const [from, to] of [[null, null], [FROM, TO]] as const) {
          for (const [time, id] of [[null, null], [deepTime, deepId]] as const) {
            const filters = [
              ofUser && 'a user', status, filter && (filter === popular ? 'the popular product' : 'a product'),
              from && 'dates', time && 'far behind'
            ].filter(Boolean).join(', ') || 'all'
            trials.push({
              what: `${statement}: ${filters}`,
              statement,
              parameters: [ofUser, status, filter, from, to, time, id, 25, 0],
              isByDay: ofUser === null && from !== null && filter !== product
            })
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
  const all: Record<string, Parameter[][]> = {
    'carts/add-cart-item': [[s.user, JSON.stringify({ product_id: Number(s.product), quantity: 1 }), null]],
    'carts/clear-cart': [[s.user, null]],
    'carts/create-cart': [[s.cartless, items(s.product, s.popular)]],
    'carts/delete-cart': [[s.user, null]],
    'carts/find': [[s.user]],
    'carts/replace-cart': [[s.user, items(s.product, s.popular), null]],
    'carts/set-cart-item': [[s.user, s.inCart, 7, null], [s.user, s.inCart, 0, null]],
    'catalogue/change-product': [[s.product, '{"name": "Another", "price_cents": 123, "stock": 12}', null]],
    'catalogue/create-product': [['{"name": "New", "price_cents": 123, "stock": 12}']],
    'catalogue/find': [[s.product]],
    'catalogue/find-managed': [[s.product]],
    'catalogue/find-offers': [[[s.product, s.popular]]],
    'catalogue/has-prices': [[]],
    'catalogue/list': [
      [null, null, null, null, 25, 0, null], [['bakery'], null, null, null, 25, 0, true],
      [null, 3, null, 50, 25, 0, null]
    ],
    'catalogue/list-aisles': [[]],
    'catalogue/list-departments': [[]],
    'catalogue/list-managed': [[25, 0]],
    'catalogue/search': [
      [null, null, null, null, 25, 0, null, null, 'organic', null], [null, 3, null, null, 25, 0, 2, 3, null, true]
    ],
    'catalogue/search-managed': [['organic', 25, 0]],
    'gateway/find-progress': [[1]],
    'gateway/find-settings': [[['lock_timeout']]],
    'gateway/find-working': [[['1']]],
    'gateway/instance': [[]],
    'gateway/ping': [[]],
    'gateway/schema-version': [[]],
    'events/register-publisher': [['order_events']],
    'notifications/unsubscribe': [[s.user]],
    'operations/count-failed-emails': [[new Date().toISOString()]],
    'operations/find-failed-ticks': [['reminders', null]],
    'operations/list-failed': [['emails', 25, 0], ['reminders', 25, 0]],
    'operations/list-queues': [[]],
    'operations/retry-email': [[s.email_id]],
    'orders/add-items': [[s.open, items(s.popular, s.product), CONTEXT]],
    'orders/change-for-caller': [[s.open, '{"status": "cancelled"}', null, caller, CONTEXT]],
    'orders/change-order': [[s.order, patch, null, CONTEXT], [s.open, '{"status": "paid"}', null, CONTEXT]],
    'orders/change-status': [[s.open, '{"status": "cancelled"}', null, CONTEXT]],
    'orders/delete-order': [[s.order, null], [s.open, null]],
    'orders/find': [[s.order]],
    'orders/find-for-caller': [[s.order, null, caller], [null, s.reference, caller]],
    'orders/find-invoice': [[s.order]],
    'orders/find-managed': [[s.order]],
    'orders/list-for-caller': [
      [caller, false, null, 25, 0], [caller, true, null, 25, 0], [caller, true, 'delivered', 25, 50]
    ],
    'orders/place': [
      ['place', input({ user_id: s.user }), CONTEXT], ['place', input({ user_id: s.user }), keyed],
      ['checkout', JSON.stringify({ user_id: s.other, sell_unpriced: true }), keyed],
      ['place_managed', input({ user_id: Number(s.userKey), status: 'paid' }), CONTEXT],
      ['place_for_caller', input({ caller: JSON.parse(caller) }), keyed]
    ],
    'orders/store-invoice': [[s.order, 'application/pdf', Buffer.from('another')]],
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
    'users/update-user': [[s.user, '{"city": "Elsewhere", "days_between_order_notifications": 30}', null]]
  }
  return [
    ...lists('orders/list', s.user, s),
    ...lists('orders/list-managed', s.userKey, s),
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
