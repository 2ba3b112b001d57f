import { joinJson } from './json.ts'

/** How a route's responses go into the envelope; worked out once per route. */
export interface Shape {
  /** Sent as it is. */
  isBare: boolean
  /** The answer is a cart, which may not be stored. */
  isCart: boolean
  /** Changes what is sent, and nothing where nothing is. */
  isPartialUpdate: boolean
  /** Sets an item's quantity; 0 or less removes it. */
  setsQuantity: boolean
  /** The latest status change of each order. */
  isStatusChanges: boolean
  /** Places an order of the items in the body. */
  placesOrder: boolean
  /** The caller's own SQL, whose every fault is a response. */
  isQuery: boolean
  /** The answer brings `message` and `data` of its own. */
  isHealth: boolean
  /** What the route's list would be called: `users` in `{users: [...], total, ...}`. */
  list: string | undefined
  /** Of responses that bring none of their own. */
  message: string
}

/** What the older service returned without an envelope. */
const BARE = ['GET /products', 'POST /orders/:order_id/items', 'POST /query']

const PARTIAL_UPDATES = ['PUT /users/:user_id', 'PUT /users/:user_id/notification-settings', 'PATCH /orders/:order_id']

/** Messages of routes that are about no resource. */
const MESSAGES: Record<string, string> = {
  '': 'Service is running',
  '/livez': 'Service is alive',
  '/readyz': 'Service is ready',
  '/users/login': 'Login successful'
}

const VERBS: Record<string, string> = { GET: 'retrieved', HEAD: 'retrieved', POST: 'created', DELETE: 'deleted' }

/**
 * The shape of a route's responses.
 *
 * @param methods of the route; several share their responses
 * @param url as the route is declared, without the face's prefix
 */
export function shapeOf (methods: string[], url: string): Shape {
  const [method = 'GET'] = methods.map((name) => name.replace('HEAD', 'GET'))
  const path = url.replace(/\/$/, '')
  const operation = `${method} ${path}`
  const [collection = '', ...rest] = path.split('/').slice(1)
  const isList = rest.length === 0 && method === 'GET'
  // Below one resource (/carts/:user_id/items) a write is a change of that resource.
  const verb = rest.length > 1 && method !== 'GET' ? 'updated' : VERBS[method] ?? 'updated'
  const noun = collection.charAt(0).toUpperCase() + collection.slice(1)
  return {
    isBare: BARE.includes(operation),
    isCart: operation === 'GET /carts/:user_id',
    isPartialUpdate: PARTIAL_UPDATES.includes(operation),
    setsQuantity: operation === 'PUT /carts/:user_id/items/:product_id',
    isStatusChanges: path === '/users/:user_id/order-status-notifications',
    placesOrder: operation === 'POST /orders',
    isQuery: path === '/query',
    isHealth: path === '/health',
    list: isList ? collection : undefined,
    message: MESSAGES[path] ?? `${isList ? noun : noun.replace(/s$/, '')} ${verb} successfully`
  }
}

/** An update that named nothing that can be updated. */
export const NO_CHANGES = JSON.stringify({ success: true, message: 'No changes made', data: [], error: null })

/** Nothing is stored yet where one could be. */
export const NO_ENTRIES = JSON.stringify({ success: true, message: 'Nothing stored', data: [], error: null })

/** Puts a response, as the text it is, into the envelope. The gateway's own JSON has no space between its tokens. */
export function enveloped (json: string, list: string | undefined, message: string): string {
  const error = null
  // An envelope already, as order responses are.
  if (json.startsWith('{"success":true,')) return joinJson(json, { error })
  const entries = `{"${list}":`
  // {"users":[...],"total":20}: the list takes the place of data, and the page's numbers stand beside it.
  const data = list !== undefined && json.startsWith(entries)
    ? json.slice(entries.length, -1)
    : json.startsWith('[') ? json : [json]
  return joinJson({ success: true, message }, ['data', data], { error })
}
