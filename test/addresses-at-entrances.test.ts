import argon2 from 'argon2'
import t from 'tap'
import { addressKey } from '../common/addresses.ts'
import { openShop, userId, type Shop } from './helper.ts'
import { byHeader, byToken, PAIRS } from './addresses.ts'

t.test('two addresses are the same at every entrance, or at none', { timeout: 120_000 }, async (t) => {
  const shop = await openShop(t, { LOGIN_RATE_LIMIT: '1000' })
  const { call, sql } = shop
  // Hashing is not what is tested here.
  const cheap = await argon2.hash('password', { memoryCost: 1024, timeCost: 1, parallelism: 1 })
  await sql`update users.users set hashed_password = ${cheap}`
  for (const [n, [stored, given, same]] of PAIRS.entries()) {
    await t.test(`${stored} and ${given}`, async (t) => {
      await sql`insert into users.users (id, first_name, last_name, email_address, hashed_password, origin)
        select 10, 'A', 'B', ${stored}, hashed_password, 'service' from users.users where id = 1`
      await sql`insert into orders.orders (user_id, order_dow, order_hour_of_day) values (10, 1, 1)`
      const statusOf = async (...request: Parameters<Shop['call']>) => (await call(...request)).status
      const seen = async (headers: Record<string, string>) =>
        (await call('GET', '/api/orders', undefined, headers)).json.total

      const isOdd = n % 2 === 1
      const login = isOdd ? { email_address: given } : { email: given }
      // Hashing takes its time: the first ones only, both faces in turn.
      if (n < 4) {
        t.equal(await statusOf('POST', isOdd ? '/users/login' : '/api/auth/login', { ...login, password: 'password' }),
          same ? 200 : 401, 'login')
      }
      t.equal(await seen(byHeader(given)), same ? 1 : 0, 'the header of a trusted service')
      t.equal(await seen(byToken(shop, given)), same ? 1 : 0, 'a token’s claim')
      t.equal(await statusOf('PATCH', '/api/v1/users/3', { email: given }), same ? 409 : 200, 'the back office')
      t.equal(await statusOf('PATCH', '/api/v1/users/3', { email: 'user3@example.com' }), 200)
      t.equal(
        await statusOf('PUT', `/users/${userId(4)}/email`, { current_password: 'password', new_email_address: given }),
        same ? 409 : 200, 'an own change'
      )
      await sql`update users.users set email_address = 'user4@example.com' where id = 4`
      const made = async () => isOdd
        ? await statusOf('POST', '/api/auth/register', {
          password: 'password', firstName: 'A', lastName: 'B', email: given
        })
        : await statusOf('POST', '/users', {
          first_name: 'A', last_name: 'B', email_address: given, password: 'password'
        })
      if (n < 4) t.equal(await made(), same ? 409 : 201, 'a new account')
      await sql`delete from users.users where id > 5`

      const [twin] =
        await sql`select users.address_key(${stored}) = users.address_key(${given})
          as database, users.address_key(${given}) as key`
      t.equal(twin!.database, same)
      t.equal(addressKey(given), twin!.key, 'counted by the same key for failed logins')
      t.equal(addressKey(stored) === addressKey(given), same)
    })
  }
})
