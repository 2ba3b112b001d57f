/**
 * Compares two services by their base URLs: sends the same reads to both, none of which changes anything, and prints
 * what differs.
 *
 *   npx node scripts/compare.ts --old http://old:8000 --new http://KEY@gateway:7000/legacy [--user ID …] [--order ID …]
 *
 * --user and --order name what to look at, each as often as wanted; products come from the catalogue. A key stands in
 * the URL, as user name. Exits with 0 where nothing differs, with 1 where something does, and with 2 (nothing sent) on
 * arguments that are not known.
 */
import { parseArgs } from 'node:util'

const USAGE = 'npx node scripts/compare.ts --old URL --new URL [--user ID …] [--order ID …]'
const TIMEOUT_MS = 10_000

/** Lines printed of one read: the first ones say what kind of difference it is. */
const LINES = 10

/** What no two services have in common, and nobody needs alike. */
const VOLATILE = new Set(['message', 'timestamp', 'version', 'request_id', 'service'])

/** Counts and sums over the whole catalogue, by the caller's own SQL. */
const TOTALS = [
  'select count(*) as products, count(distinct product_name) as names, sum(product_id) as ids from products.products',
  'select count(*) as enriched, sum(price) as prices, min(price) as lowest, max(price) as highest from ' +
    'products.product_enriched',
  'select count(*) as departments, sum(department_id) as ids from products.departments',
  'select count(*) as aisles, sum(aisle_id) as ids from products.aisles'
]

interface Read { name: string, path: string, sql?: string }
interface Answer { status: number, body: unknown }

/** The reads, in the order in which they are sent. */
function readsOf (users: string[], orders: string[]): Read[] {
  const paths = [
    '/health', '/products?limit=25', '/products?limit=25&offset=1000', '/products?limit=5&categories=produce',
    '/products/1', '/products/2',
    '/departments', '/aisles', '/users?limit=1', '/orders?limit=1',
    ...users.flatMap((id) => [
      `/users/${id}`, `/users/${id}/notification-settings`, `/carts/${id}`, `/orders/user/${id}?limit=20`
    ]),
    ...orders.map((id) => `/orders/${id}`)
  ]
  return [
    ...paths.map((path) => ({ name: `GET ${path}`, path })),
    ...TOTALS.map((sql) => ({ name: sql, path: '/query', sql }))
  ]
}

/** Sends one read. A key in the URL goes into the header, since fetch takes none in a URL. */
async function send (base: URL, { path, sql }: Read): Promise<Answer> {
  const { username, password, origin, pathname } = base
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const headers = {
    ...username && { authorization: `Basic ${Buffer.from(credentials).toString('base64')}` },
    ...sql !== undefined && { 'content-type': 'application/json' }
  }
  const response = await fetch(origin + pathname.replace(/\/$/, '') + path, {
    headers,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    ...sql !== undefined && { method: 'POST', body: JSON.stringify({ sql, params: [] }) }
  })
  const text = await response.text()
  try {
    return { status: response.status, body: JSON.parse(text) }
  } catch {
    return { status: response.status, body: text }
  }
}

const NUMBER = /^-?\d+(\.\d+)?$/
const MOMENT = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/

/**
 * What a value says: a number that one service sends as text is the same number, a moment in another notation the same
 * moment.
 */
function plain (value: unknown): unknown {
  if (typeof value !== 'string') return value
  if (NUMBER.test(value)) return Number(value)
  // Without an offset it is UTC.
  return MOMENT.test(value) ? Date.parse(/(Z|[+-]\d\d:?\d\d)$/.test(value) ? value : `${value}Z`) : value
}

/** What the older response says and the newer one does not. What the newer one says on top is no loss. */
function * differences (older: unknown, newer: unknown, path = ''): Generator<string> {
  if (Array.isArray(older) && Array.isArray(newer)) {
    if (older.length !== newer.length) yield `${path}: ${older.length} entries, now ${newer.length}`
    for (const [n, entry] of older.slice(0, newer.length).entries()) {
      yield * differences(entry, newer[n], `${path}[${n}]`)
    }
  } else if (isObject(older) && isObject(newer)) {
    for (const [name, value] of Object.entries(older)) {
      if (VOLATILE.has(name)) continue
      if (Object.hasOwn(newer, name)) yield * differences(value, newer[name], path === '' ? name : `${path}.${name}`)
      else yield `${path}.${name}: ${JSON.stringify(value)}, now missing`
    }
  } else if (plain(older) !== plain(newer)) yield `${path}: ${JSON.stringify(older)}, now ${JSON.stringify(newer)}`
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null &&
  !Array.isArray(value)

/**
 * Prints what differs in one read, and says whether anything does. A route that the older service has not cannot be
 * compared.
 */
async function compare (older: URL, newer: URL, read: Read): Promise<boolean> {
  const [before, now] = await Promise.all([send(older, read), send(newer, read)])
  if (before.status === 404 || before.status === 405) {
    console.log(`not there ${read.name}`)
    return false
  }
  const found = [...differences(before, now)]
  console.log(`${found.length === 0 ? 'same     ' : 'DIFFERENT'} ${read.name}`)
  for (const line of found.slice(0, LINES)) console.log(`            ${line.replace(/^body\.?/, '')}`)
  if (found.length > LINES) console.log(`            and ${found.length - LINES} more`)
  return found.length > 0
}

function readArguments () {
  const { values } = parseArgs({
    options: {
      old: { type: 'string' },
      new: { type: 'string' },
      user: { type: 'string', multiple: true, default: [] },
      order: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean' }
    }
  })
  if (values.help) return null
  const [older, newer] = [values.old, values.new].map((url) => URL.parse(url ?? ''))
  if (!older || !newer) throw new Error('--old and --new each need a base URL')
  return { older, newer, reads: readsOf(values.user, values.order) }
}

try {
  const asked = readArguments()
  if (asked === null) console.log(USAGE)
  else {
    let different = 0
    for (const read of asked.reads) if (await compare(asked.older, asked.newer, read)) different++
    console.log(`\n${asked.reads.length} reads, ${different} of them with differences`)
    if (different > 0) process.exitCode = 1
  }
} catch (error) {
  const { message, cause } = error as Error
  console.error(`${message}${cause instanceof Error ? `: ${cause.message}` : ''}\n${USAGE}`)
  process.exitCode = 2
}
