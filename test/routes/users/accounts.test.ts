import t from 'tap'
import { NOBODY, openShop, refuses, userId, type Shop } from '../../helper.ts'
import { logIn } from './log-in.ts'

const order = async (shop: Shop, n: number) =>
  (await shop.call('POST', '/orders', { user_id: userId(n), items: [{ product_id: 1, quantity: 2 }] })).json.data[0]

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
