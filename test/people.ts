import { userId, type Shop } from './helper.ts'

/** Headers of one of the fixture's users with a token of ours. */
export const tokenOf = ({ app }: Shop, n: number): Record<string, string> => ({
  authorization:
    `Bearer ${app.issueToken({ user_id: userId(n), email_address: `user${n}@example.com`, role: 'customer' })}`
})

/** Headers a trusted service sends for one of its own users. */
export const upstream = (id: string, email = `${id}@elsewhere.example`, role = 'customer'): Record<string, string> => ({
  'x-user-id': id, 'x-user-email': email, 'x-user-role': role
})

export const BOSS = upstream('boss', 'boss@elsewhere.example', 'admin')

/** The smallest order: one product 7, at 7.99. */
export const ORDER = { items: [{ product_id: 7, quantity: 1 }] }
