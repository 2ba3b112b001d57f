import argon2 from 'argon2'
import t from 'tap'
import { hashAsInProduction } from '../../hashing.ts'
import { openShop, refuses, userId } from '../../helper.ts'
import { logIn } from './log-in.ts'

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

t.test('logging in', async (t) => {
  const shop = await openShop(t)

  await t.test('answers the user, whether a cart waits, and sets last_login', async (t) => {
    const before = Date.now() - 1000
    const first = await logIn(shop, 'USER1@example.com')
    t.match(first, {
      status: 200, json: { user_id: userId(1), email_address: 'user1@example.com', has_active_cart: false }
    })
    t.ok(Date.parse(first.json.last_login) >= before && Date.parse(first.json.last_login) <= Date.now() + 1000)
    const { has_active_cart: _, ...user } = first.json
    const found = await shop.call('GET', `/users/${userId(1)}`)
    t.same(found.json, user)
    t.equal(found.headers.etag, first.headers.etag, 'its ETag is the one after the login')
    t.notMatch(first.text, /argon2/)
  })

  await t.test('an empty cart is not active, one with items is', async (t) => {
    await shop.call('POST', '/carts', { user_id: userId(2), items: [] })
    t.match((await logIn(shop, 'user2@example.com')).json, { has_active_cart: false })
    await shop.call('POST', `/carts/${userId(2)}/items`, { product_id: 1, quantity: 1 })
    t.match((await logIn(shop, 'user2@example.com')).json, { has_active_cart: true })
  })

  await t.test('a pending reminder is shown by one login and is delivered by it', async (t) => {
    await shop.sql`update users.users set pending_order_notification = true where id = 3`
    t.equal((await logIn(shop, 'user3@example.com', 'wrong')).status, 401)
    t.match((await logIn(shop, 'user3@example.com')).json, { pending_order_notification: true })
    t.match((await shop.call('GET', `/users/${userId(3)}`)).json, { pending_order_notification: false })
    t.match((await logIn(shop, 'user3@example.com')).json, { pending_order_notification: false })
  })

  await t.test('of two logins at once, one shows the reminder', async (t) => {
    await shop.sql`update users.users set pending_order_notification = true where id = 3`
    const both = await Promise.all([logIn(shop, 'user3@example.com'), logIn(shop, 'user3@example.com')])
    t.same(both.map(({ json }) => json.pending_order_notification).sort(), [false, true])
  })

  await t.test('wrong password, unknown address, user without a password: the same 401', async (t) => {
    await shop.sql`update users.users set hashed_password = null where id = 4`
    const refused = await Promise.all([
      logIn(shop, 'user1@example.com', 'Password'), logIn(shop, 'nobody@example.com'), logIn(shop, 'user4@example.com'),
      logIn(shop, 'user1@example.com', ''), logIn(shop, 'user4@example.com', '')
    ])
    for (const answer of refused) {
      refuses(t, answer, 401, 'INVALID_CREDENTIALS', 'Invalid email or password')
      t.same(Object.keys(answer.json).sort(), ['code', 'detail', 'request_id', 'status', 'title', 'type'])
    }
    const [row] = await shop.sql`select last_login from users.users where id = 4`
    t.same(row, { last_login: null })
  })

  await t.test('a stored hash that is none, of another kind or of a cost beyond reason: 401', async (t) => {
    const hashes = [
      'password', '', '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy', '$argon2id$',
      '$argon2id$v=19$m=65536,p=4,t=3$$',
      '$argon2id$v=19$m=999999,p=4,t=3$p8aiJMeyPnG5aozaVF3PCg$uLDXWK55W3xIVFaZR1/C0FqpvK5ceKVgMCXAEPcYv0Q',
      '$argon2id$v=19$m=65536,p=4,t=9999$p8aiJMeyPnG5aozaVF3PCg$uLDXWK55W3xIVFaZR1/C0FqpvK5ceKVgMCXAEPcYv0Q',
      '$argon2id$v=19$m=0,p=0,t=0$p8aiJMeyPnG5aozaVF3PCg$uLDXWK55W3xIVFaZR1/C0FqpvK5ceKVgMCXAEPcYv0Q',
      '$argon2id$v=19$m=8,p=16,t=1$p8aiJMeyPnG5aozaVF3PCg$uLDXWK55W3xIVFaZR1/C0FqpvK5ceKVgMCXAEPcYv0Q',
      '$argon2id$v=19$m=65536,m=65536,m=65536$p8aiJMeyPnG5aozaVF3PCg$uLDXWK55W3xIVFaZR1/C0FqpvK5ceKVgMCXAEPcYv0Q'
    ]
    for (const hash of hashes) {
      await shop.sql`update users.users set hashed_password = ${hash} where id = 4`
      const before = process.cpuUsage()
      refuses(t, await logIn(shop, 'user4@example.com'), 401, 'INVALID_CREDENTIALS')
      const { user, system } = process.cpuUsage(before)
      t.ok(user + system < 1e6, `at the cost of a hash of ours: ${hash.slice(0, 40)}`)
    }
  })

  await t.test('a hash with other parameters is replaced by one with today’s; today’s stays', async (t) => {
    hashAsInProduction(t)
    const old = await argon2.hash('old password', {
      type: argon2.argon2id, memoryCost: 8192, timeCost: 2, parallelism: 1
    })
    await shop.sql`update users.users set hashed_password = ${old} where id = 5`
    t.equal((await logIn(shop, 'user5@example.com', 'wrong')).status, 401)
    t.same(await shop.sql`select hashed_password from users.users where id = 5`, [{ hashed_password: old }],
      'not by a wrong password')
    t.equal((await logIn(shop, 'user5@example.com', 'old password')).status, 200)
    const [row] = await shop.sql`select hashed_password from users.users where id = 5`
    t.match(row, { hashed_password: /^\$argon2id\$v=19\$m=65536,t=3,p=4\$/ })
    t.equal((await logIn(shop, 'user5@example.com', 'old password')).status, 200, 'the password still fits')
    t.same(await shop.sql`select hashed_password from users.users where id = 5`, [row])
  })

  await t.test('what is missing or no text is a 400', async (t) => {
    for (const body of [
      {}, { email_address: 'user1@example.com' }, { password: 'password' },
      { email_address: 'user1@example.com', password: 5 },
      { email_address: ['user1@example.com'], password: 'password' },
      { email_address: 'user1@example.com', password: 'x'.repeat(1025) }
    ]) {
      refuses(t, await shop.call('POST', '/users/login', body), 400, 'INVALID_INPUT')
    }
  })

  await t.test('an unknown address takes as long as a wrong password', async (t) => {
    const time = async (email: string) => {
      const started = performance.now()
      await logIn(shop, email, 'wrong')
      return performance.now() - started
    }
    const known: number[] = []
    const unknown: number[] = []
    for (let round = 0; round < 7; round++) {
      known.push(await time('user1@example.com'))
      unknown.push(await time('nobody@example.com'))
    }
    const ratio = median(unknown) / median(known)
    t.ok(ratio > 0.5 && ratio < 2, `ratio ${ratio.toFixed(2)}`)
  })
})
