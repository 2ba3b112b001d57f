import argon2 from 'argon2'
import t from 'tap'
import { hashAsInProduction } from '../../hashing.ts'
import { NOBODY, openShop, refuses, userId, type Shop } from '../../helper.ts'

// Every user of the fixture has the password `password`; userN@example.com is user N.
const logIn = async (shop: Shop, email: string, password = 'password') =>
  await shop.call('POST', '/users/login', { email_address: email, password })
const order = async (shop: Shop, n: number) =>
  (await shop.call('POST', '/orders', { user_id: userId(n), items: [{ product_id: 1, quantity: 2 }] })).json.data[0]
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

t.test('changing password and email', async (t) => {
  const shop = await openShop(t)

  for (const method of ['PUT', 'POST'] as const) {
    const n = method === 'PUT' ? 1 : 2
    const [email, url] = [`user${n}@example.com`, `/users/${userId(n)}`]

    await t.test(`${method} …/password: the new one logs in, the old one no more`, async (t) => {
      const { headers: { etag } } = await shop.call('GET', url)
      const wrong = await shop.call(method, `${url}/password`, {
        current_password: 'wrong', new_password: 'new password'
      })
      refuses(t, wrong, 400, 'CURRENT_PASSWORD_INCORRECT', 'Current password is incorrect')
      const short = await shop.call(method, `${url}/password`, { current_password: 'password', new_password: 'short' })
      refuses(t, short, 400, 'INVALID_INPUT')
      const changed = await shop.call(method, `${url}/password`, {
        current_password: 'password', new_password: 'pässwörd 🔑 '
      })
      t.match(changed, { status: 200, json: { user_id: userId(n), message: 'Password updated successfully' } })
      t.equal((await logIn(shop, email)).status, 401)
      t.equal((await logIn(shop, email, 'pässwörd 🔑')).status, 401, 'a blank counts')
      t.equal((await logIn(shop, email, 'pässwörd 🔑 ')).status, 200)
      t.not((await shop.call('GET', url)).headers.etag, etag, 'the ETag moves')
    })

    await t.test(`${method} …/email: answers the new address, which logs in; the old one no more`, async (t) => {
      const change = async (next: string, current = 'pässwörd 🔑 ') =>
        await shop.call(method, `${url}/email`, { current_password: current, new_email_address: next })
      refuses(t, await change('new@example.com', 'wrong'), 400, 'CURRENT_PASSWORD_INCORRECT',
        'Current password is incorrect')
      refuses(t, await change('USER3@example.com'), 409, 'EMAIL_ALREADY_EXISTS', 'Email address already exists')
      refuses(t, await change('no address'), 400, 'INVALID_INPUT')
      t.match(await change(email.toUpperCase()), { status: 200, json: { email_address: email.toUpperCase() } },
        'the own address in another case')
      const next = `new${n}@example.com`
      const changed = await change(next)
      t.match(changed, { status: 200, json: { message: /./, user_id: userId(n), email_address: next } })
      t.equal((await logIn(shop, next, 'pässwörd 🔑 ')).status, 200)
      t.equal((await logIn(shop, email, 'pässwörd 🔑 ')).status, 401)
    })
  }

  await t.test('of two changes at once with one current password, one wins', async (t) => {
    const both = await Promise.all(['password-a', 'password-b'].map((next) =>
      shop.call('PUT', `/users/${userId(4)}/password`, { current_password: 'password', new_password: next })))
    t.same(both.map(({ status }) => status).sort(), [200, 400])
    const winner = both[0]!.status === 200 ? 'password-a' : 'password-b'
    t.equal((await logIn(shop, 'user4@example.com', winner)).status, 200)
  })

  await t.test('without a password of their own nobody changes anything', async (t) => {
    await shop.sql`update users.users set hashed_password = null where id = 5`
    const body = { current_password: '', new_password: 'password2', new_email_address: 'five@example.com' }
    refuses(t, await shop.call('PUT', `/users/${userId(5)}/password`, body), 400, 'CURRENT_PASSWORD_INCORRECT')
    refuses(t, await shop.call('PUT', `/users/${userId(5)}/email`, body), 400, 'CURRENT_PASSWORD_INCORRECT')
    refuses(t, await shop.call('DELETE', `/users/${userId(5)}`, { password: '' }), 400, 'PASSWORD_INCORRECT')
    refuses(t, await shop.call('PUT', `/users/${NOBODY}/password`, body), 404, 'USER_NOT_FOUND')
  })
})

t.test('deleting and exporting', async (t) => {
  const shop = await openShop(t)

  await t.test('a wrong or missing password deletes nobody', async (t) => {
    refuses(t, await shop.call('DELETE', `/users/${userId(1)}`, { password: 'wrong' }), 400, 'PASSWORD_INCORRECT',
      'Password incorrect')
    for (const body of [undefined, {}, { password: null }]) {
      refuses(t, await shop.call('DELETE', `/users/${userId(1)}`, body), 400, 'INVALID_INPUT')
    }
    refuses(t, await shop.call('DELETE', `/users/${userId(1)}`, { password: 'password' }, { 'if-match': '"old"' }),
      412, 'PRECONDITION_FAILED')
    t.equal((await shop.call('GET', `/users/${userId(1)}`)).status, 200)
  })

  await t.test('the orders stay, without the person; the cart goes; the address is free again', async (t) => {
    const { order_id: id } = await order(shop, 1)
    const { order_id: other } = await order(shop, 2)
    await shop.call('POST', '/carts', { user_id: userId(1), items: [{ product_id: 2, quantity: 1 }] })
    const before = (await shop.call('GET', `/orders/${id}`)).json.data[0]
    t.match(before, { user_id: userId(1), delivery_name: 'User No1', city: 'Springfield' })
    const { headers: { etag } } = await shop.call('GET', `/users/${userId(1)}`)
    const deleted = await shop.call('DELETE', `/users/${userId(1)}`, { password: 'password' }, { 'if-match': etag! })
    t.match(deleted, { status: 200, json: { message: /./, user_id: userId(1), deleted: true } })

    const after = (await shop.call('GET', `/orders/${id}`)).json.data[0]
    const erased = {
      user_id: null,
      delivery_name: null,
      phone_number: null,
      street_address: null,
      city: null,
      postal_code: null,
      country: null
    }
    t.same({ ...after, updated_at: '' }, { ...before, ...erased, updated_at: '' })
    const [row] = await shop.sql`select * from orders.orders where id = ${id}`
    t.notMatch(JSON.stringify(row), /No1|user1@|Main Street|555-0001/, 'nothing of the person is left in the row')
    t.match((await shop.call('GET', `/orders/${other}`)).json.data[0], { user_id: userId(2), city: 'Springfield' },
      'other people’s orders are untouched')

    refuses(t, await shop.call('GET', `/users/${userId(1)}`), 404, 'USER_NOT_FOUND')
    refuses(t, await shop.call('GET', `/carts/${userId(1)}`), 404, 'USER_NOT_FOUND')
    refuses(t, await shop.call('DELETE', `/users/${userId(1)}`, { password: 'password' }), 404, 'USER_NOT_FOUND')
    refuses(t, await logIn(shop, 'user1@example.com'), 401, 'INVALID_CREDENTIALS')
    t.match((await shop.call('GET', '/users')).json, { total: 4 })
    const again = { first_name: 'New', last_name: 'Person', email_address: 'User1@example.com', password: 'password' }
    t.equal((await shop.call('POST', '/users', again)).status, 201)
  })

  await t.test('the export holds everything about the person and no credentials', async (t) => {
    const { order_id: id } = await order(shop, 3)
    await shop.call('POST', '/carts', { user_id: userId(3), items: [{ product_id: 7, quantity: 3 }] })
    const exported = await shop.call('GET', `/users/${userId(3)}/export`)
    t.match(exported, {
      status: 200,
      json: {
        exported_at: /^20/,
        user: {
          user_id: userId(3),
          first_name: 'User',
          last_name: 'No3',
          email_address: 'user3@example.com',
          phone_number: '555-0003',
          has_password: true
        },
        cart: { items: [{ product_id: 7, quantity: 3 }] },
        orders: [
          {
            order_id: id, delivery_name: 'User No3', items: [{ product_id: 1 }], status_history: [{ status: 'pending' }]
          }
        ]
      }
    })
    t.notMatch(exported.text, /argon2|hashed_password/)
    const nothing = await shop.call('GET', `/users/${userId(4)}/export`)
    t.match(nothing.json, { cart: null, orders: [] })
  })
})
