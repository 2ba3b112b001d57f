import type { Answer, Shop } from '../../helper.ts'

/** Every user of the fixture has the password `password`; userN@example.com is user N. */
export const logIn = async (shop: Shop, email: string, password = 'password'): Promise<Answer> =>
  await shop.call('POST', '/users/login', { email_address: email, password })
