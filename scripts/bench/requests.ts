import type { Shop } from './shop.ts'

/** A request as it is sent. */
export interface Sent { method: 'GET' | 'POST', path: string, headers: Record<string, string>, body?: string }

export interface Case {
  name: Name
  /** How often it comes differs from shop to shop; these are sent in turn. */
  sent: Sent[]
  /** Changes rows: each of `sent` is another user's, since the orders and carts of one user wait for each other. */
  isWrite: boolean
  /** Works only once for each user, until the carts are filled again. */
  isOnce: boolean
  /** What the carts of these users hold before each round, where that matters. */
  carts?: 'filled'
}

export const API_KEY = 'bench-key-of-the-service-api'
export const ADMIN_KEY = 'bench-key-of-the-management-api'

export const NAMES = [
  'livez', 'product', 'user', 'page', 'filtered', 'search', 'cart', 'order', 'orders-of-user', 'management-list',
  'add-to-cart', 'place', 'checkout'
] as const
export type Name = typeof NAMES[number]

/** Of the pages that are asked for. */
export const OFFSETS = [0, 25, 50, 75]

const WRITES: readonly Name[] = ['add-to-cart', 'place', 'checkout']

export const get = (path: string, key: string | null = API_KEY): Sent => ({
  method: 'GET', path, headers: key === null ? {} : { 'x-api-key': key }
})
const post = (path: string, body?: object): Sent => ({
  method: 'POST',
  path,
  headers: { 'x-api-key': API_KEY, ...body && { 'content-type': 'application/json' } },
  ...body && { body: JSON.stringify(body) }
})

/** The thirteen requests, for what is in this shop. */
export function casesOf (shop: Shop): Case[] {
  const [first, second, third] = shop.sold as [number, number, number]
  const sent: Record<Name, Sent[]> = {
    livez: [get('/livez', null)],
    product: shop.products.map((id) => get(`/products/${id}`)),
    user: shop.users.map((id) => get(`/users/${id}`)),
    page: OFFSETS.map((offset) => get(`/products?limit=25&offset=${offset}`)),
    filtered: shop.departments.map((name) => get(`/products?limit=25&categories=${encodeURIComponent(name)}`)),
    search: shop.words.map((word) => get(`/products?limit=25&q=${encodeURIComponent(word)}`)),
    cart: shop.cartOwners.map((id) => get(`/carts/${id}`)),
    order: shop.orders.map((id) => get(`/orders/${id}`)),
    'orders-of-user': shop.buyers.map((id) => get(`/orders/user/${id}`)),
    'management-list': [...['', '&offset=20', '&offset=40'], ...shop.statuses.map((status) => `&status=${status}`)]
      .map((rest) => get(`/api/v1/orders?limit=20${rest}`, ADMIN_KEY)),
    'add-to-cart': shop.customers.map((id) => post(`/carts/${id}/items`, { product_id: first, quantity: 1 })),
    place: shop.customers.map((id) => post('/orders', {
      user_id: id,
      items: [
        { product_id: first, quantity: 2 }, { product_id: second, quantity: 1 }, { product_id: third, quantity: 1 }
      ]
    })),
    checkout: shop.customers.map((id) => post(`/carts/${id}/checkout`))
  }
  return NAMES.map((name) => ({
    name,
    sent: sent[name],
    isWrite: WRITES.includes(name),
    isOnce: name === 'checkout',
    ...(name === 'checkout' || name === 'add-to-cart') && { carts: 'filled' as const }
  })).filter(({ sent }) => sent.length > 0)
}
