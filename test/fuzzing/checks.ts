import type { FastifyInstance } from 'fastify'
import type { Sql } from 'postgres'
import { checkAnswer } from '../openapi.ts'
import { INJECTED } from './hostile.ts'
import type { FuzzAnswer, FuzzRequest } from './wire.ts'

const REQUEST_ID = /^[\w.:/+=@-]{1,128}$/

/** What is wrong with an answer, in sentences; nothing, as a rule. */
export function faultsOf (fastify: FastifyInstance, request: FuzzRequest, answer: FuzzAnswer): string[] {
  const { status, headers, text } = answer
  const faults = [...answer.faults]
  if (status >= 500) faults.push(`status ${status}`)
  if (!REQUEST_ID.test(headers['x-request-id'] ?? '')) faults.push(`X-Request-Id ${headers['x-request-id']}`)
  if (headers.location !== undefined && !/^\/[\w%./:@!$&'()*+,;=~-]+$/.test(headers.location)) {
    faults.push(`Location ${headers.location}`)
  }
  if (headers.etag !== undefined && !/^"[\w.:-]+"$|^W\/"[\w-]+"$/.test(headers.etag)) {
    faults.push(`ETag ${headers.etag}`)
  }
  if (request.method === 'HEAD' || answer.isCut) return faults

  const isJson = /\bjson\b/.test(headers['content-type'] ?? '')
  let json: unknown
  try {
    if (isJson) json = JSON.parse(text)
    // Only the legacy face is not in the document.
    if (request.path.startsWith('/legacy')) faults.push(...legacyFaults(request, answer, json))
    else checkAnswer(fastify, request.method, request.path.split('#', 1)[0]!, { ...answer, json })
  } catch (error) {
    faults.push((error as Error).message)
  }
  if (status >= 400 && !request.path.startsWith('/legacy') &&
    !/^application\/problem\+json/.test(headers['content-type'] ?? '')) {
    faults.push(`${status} as ${headers['content-type']}`)
  }
  if (/\n\s+at |\.sql\b|\.ts:\d|\$argon2|postgres(ql)?:\/\/|_fkey|_check\b|_key\b/.test(text) && status >= 400) {
    faults.push('tells of the inside')
  }
  return faults
}

function legacyFaults ({ operation }: FuzzRequest, { status, headers }: FuzzAnswer, json: unknown): string[] {
  const type = headers['content-type'] ?? ''
  if (status === 200 && operation.endsWith('/invoice') && /^(application\/pdf|image\/)/.test(type)) return []
  // What reached no route of this face: a path that is no URL, a message that is no HTTP.
  if (type.startsWith('application/problem+json')) return [400, 431].includes(status) ? [] : [`${status} as ${type}`]
  if (!type.startsWith('application/json') || typeof json !== 'object' || json === null) return [`${status} as ${type}`]
  const isBare = status < 300 && ['products' in json, 'added_items' in json, 'row_count' in json].includes(true)
  if (isBare) return []
  const { success, message, data, error, detail } = json as Record<string, unknown>
  const isRefusal = success === false && Array.isArray(data) && data.length === 0 && typeof error === 'string' &&
    (status === 200 || detail !== undefined)
  const isAnswer = status < 300 && success === true && typeof message === 'string' && Array.isArray(data) &&
    error === null
  return isRefusal || isAnswer ? [] : [`${status} without the envelope`]
}

/**
 * What is wrong with a piece of log: each line must be one JSON object in printable characters, and none somebody
 * else's.
 */
export function logFaults (chunk: string): string[] {
  return chunk.split('\n').filter((line) => line !== '').flatMap((line) => {
    const where = JSON.stringify(line.slice(0, 300))
    // eslint-disable-next-line no-control-regex -- these are what is looked for
    if (/[\x00-\x1f\x7f-\x9f\u2028\u2029]/.test(line)) return [`a log line with control characters: ${where}`]
    try {
      const { msg, level } = JSON.parse(line)
      return msg === 'injected' || level >= 50 ? [`a log line that should not be: ${where}`] : []
    } catch {
      return [`a log line that is no JSON: ${where}`]
    }
  }).concat(new RegExp(`^${INJECTED}`, 'm').test(chunk) ? ['a header in the log'] : [])
}

/** What is no longer right in the database, in rows; all empty, as a rule. */
export async function damage (sql: Sql): Promise<Record<string, object[]>> {
  return {
    orderSums: [...await sql`
      select o.id, o.total_items, o.total_quantity, o.total_price, i.* from orders.orders o left join lateral (
        select count(*) as lines, coalesce(sum(quantity), 0) as quantity, coalesce(sum(quantity * price), 0) as price
        from orders.order_items where order_id = o.id) i on true
      where (o.total_items, o.total_quantity, o.total_price) is distinct from (i.lines, i.quantity, i.price)`],
    dailyTotals: [...await sql`
      select * from (select day, status, sum(orders) as orders, sum(total_quantity) as quantity, sum(total_price)
      as price
        from orders.order_totals group by 1, 2 having (sum(orders), sum(total_quantity), sum(total_price)) <> (0, 0,
        0)) kept
      full join (select (created_at at time zone 'UTC')::date as day, status, count(*) as orders, sum(total_quantity)
      as quantity, sum(total_price) as price
        from orders.orders group by 1, 2) real using (day, status)
      where (kept.orders, kept.quantity, kept.price) is distinct from (real.orders, real.quantity, real.price)`],
    productTotals: [...await sql`
      select * from (select product_id, status, month, orders, total_quantity as quantity, total_price as price
      from orders.product_totals
        where (orders, total_quantity, total_price) <> (0, 0, 0)) kept
      full join (select product_id, status, date_trunc('month', created_at at time zone 'UTC')::date as month,
          count(*) as orders, sum(total_quantity) as quantity, sum(total_price) as price
        from orders.orders o join orders.order_items on order_id = o.id where created_at < (select until
        from orders.settled_orders)
        group by 1, 2, 3) real using (product_id, status, month)
      where (kept.orders, kept.quantity, kept.price) is distinct from (real.orders, real.quantity, real.price)`],
    stock: [...await sql`select * from products.inventory where stock < 0`],
    history: [...await sql`
      select o.id, o.status, h.statuses from orders.orders o left join lateral (
        select array_agg(status order by history_id) as statuses from orders.order_status_history
        where order_id = o.id) h on true
      where h.statuses[cardinality(h.statuses)] is distinct from o.status`],
    carts: [
      ...await sql`select c.* from orders.carts c where not exists (select from users.users u where u.id = c.user_id)`
    ],
    orderNumbers: [
      ...await sql`select user_id, order_number from orders.orders where user_id is not null group by 1, 2
        having count(*) > 1`
    ],
    transactions: [
      ...await sql`select pid, query from pg_stat_activity where datname = current_database()
        and state like 'idle in transaction%' and state_change < now() - interval '3 seconds'`
    ],
    unstorable: [...await sql`select id from users.users where email_address ~ '[\\x01-\\x20,]'`]
  }
}
