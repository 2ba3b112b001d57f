import argon2 from 'argon2'
import t from 'tap'
import { hashPassword } from '../../../plugins/passwords.ts'
import { openShop, userId, type Shop } from '../../helper.ts'
import { tokenOf, upstream } from '../../people.ts'

const COMPOSED = 'p\u00e4ssw\u00f6rd \u00e9'
const DECOMPOSED = COMPOSED.normalize('NFD')
const CHEAP = { memoryCost: 1024, timeCost: 1, parallelism: 1 }

const statusOf = async ({ call }: Shop, ...request: Parameters<Shop['call']>) => (await call(...request)).status
const setHash = async ({ sql }: Shop, n: number, hash: string) =>
  await sql`update users.users set hashed_password = ${hash} where id = ${n}`

t.test('a password fits in whatever form it is typed, wherever it is asked for', async (t) => {
  const shop = await openShop(t)
  // Hashes of before are of the password as it was typed.
  for (const [stored, typed] of [[COMPOSED, DECOMPOSED], [DECOMPOSED, COMPOSED], [DECOMPOSED, DECOMPOSED]] as const) {
    await setHash(shop, 1, await argon2.hash(stored, CHEAP))
    t.equal(
      await statusOf(shop, 'PUT', `/users/${userId(1)}/email`, {
        current_password: typed, new_email_address: 'user1@example.com'
      }),
      200
    )
    t.equal(
      await statusOf(shop, 'PUT', `/users/${userId(1)}/email`, {
        current_password: `${typed}!`, new_email_address: 'user1@example.com'
      }),
      400
    )
  }
  t.equal(
    await statusOf(shop, 'PUT', `/users/${userId(1)}/password`,
      { current_password: COMPOSED, new_password: DECOMPOSED }),
    200
  )
  const [{ hash } = {}] = await shop.sql`select hashed_password as hash from users.users where id = 1`
  t.ok(await argon2.verify(hash, DECOMPOSED), 'the same password in another form is no change')
  t.equal(
    await statusOf(shop, 'PUT', `/users/${userId(1)}/password`, {
      current_password: COMPOSED, new_password: `${DECOMPOSED}2`
    }),
    200
  )
  t.equal(
    await statusOf(shop, 'POST', '/users/login', { email_address: 'user1@example.com', password: `${COMPOSED}2` }), 200
  )
  t.equal(await statusOf(shop, 'DELETE', `/users/${userId(1)}`, { password: `${DECOMPOSED}2` }), 200)
  t.ok(await argon2.verify(await hashPassword(DECOMPOSED), COMPOSED), 'one form is hashed: the loader and scripts, too')
})

t.test('a changed password makes the tokens of before void', async (t) => {
  const shop = await openShop(t)
  const { call, sql, app } = shop
  const cheap = await argon2.hash('password', CHEAP)
  await setHash(shop, 2, cheap)
  await sql`update users.users set password_changed_at = null where id = 2`
  const logIn = async (password: string) => {
    const { json } = await call('POST', '/api/auth/login', { email: 'user2@example.com', password })
    return { authorization: `Bearer ${json.token}` }
  }
  const isTaken = async (headers: Record<string, string>) => await statusOf(shop, 'GET', '/api/orders', undefined,
    headers) === 200

  // Logging in re-hashes the cheap hash: the same password, so no change.
  const first = await logIn('password')
  t.not((await sql`select hashed_password as hash from users.users where id = 2`)[0]!.hash, cheap)
  const older = tokenOf(shop, 2)
  t.ok(await isTaken(first))
  t.ok(await isTaken(await logIn('password')))
  t.ok(await isTaken(first), 'logging in again is no change')

  t.equal(
    await statusOf(shop, 'PUT', `/users/${userId(2)}/password`, {
      current_password: 'password', new_password: 'password 2'
    }),
    200
  )
  t.notOk(await isTaken(first), 'a token of ours, also one of the same second')
  const second = await logIn('password 2')
  t.ok(await isTaken(second), 'one made right after the change')
  t.notOk(await isTaken(first))

  // One that does not say which password it was made under: an older gateway's, or another service's with our key. Its
  // second counts.
  await sql`update users.users set password_changed_at = now() + interval '2 seconds' where id = 2`
  t.notOk(await isTaken(older))
  await sql`update users.users set password_changed_at = now() where id = 2`
  t.ok(await isTaken({ authorization: `Bearer ${app.jwt.sign({ userId: userId(2) })}` }))
  t.notOk(await isTaken({ authorization: `Bearer ${app.jwt.sign({ userId: userId(2) }, { noTimestamp: true })}` }),
    'without any age')

  t.ok(await isTaken({ authorization: `Bearer ${app.jwt.sign({ userId: 'somebody-else' })}` }), 'nobody else’s')
  t.ok(await isTaken(upstream(userId(2))), 'headers are no tokens')
  await setHash(shop, 3, cheap)
  t.ok(await isTaken(tokenOf(shop, 3)), 'made within the second of a change by SQL')
  t.equal((await sql`select from users.users where id = 3 and password_changed_at is not null`).length, 1,
    'whoever changes it')
})
