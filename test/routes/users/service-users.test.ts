import t from 'tap'
import { NOBODY, openShop, refuses, userId, type Answer } from '../../helper.ts'

const names = (answer: Answer): string[] => answer.json.users.map((user: { last_name: string }) => user.last_name)
const fields = (answer: Answer): string[] => answer.json.errors.map(({ field }: { field: string }) => field).sort()

t.test('listing, reading and changing users', async (t) => {
  const shop = await openShop(t)

  await t.test('a page of users, the longest-standing first', async (t) => {
    const all = await shop.call('GET', '/users')
    t.same(names(all), ['No1', 'No2', 'No3', 'No4', 'No5'])
    t.match(all.json, { total: 5, limit: 25, offset: 0, has_next: false, has_prev: false })
    t.match(all.json.users[2], {
      user_id: userId(3), first_name: 'User', email_address: 'user3@example.com', city: 'Springfield', last_login: null
    })
    t.notMatch(all.text, /argon2|password/, 'no credentials')
    const page = await shop.call('GET', '/users?limit=2&offset=2')
    t.same(names(page), ['No3', 'No4'])
    t.match(page.json, { total: 5, limit: 2, offset: 2, has_next: true, has_prev: true })
    t.match((await shop.call('GET', '/users?offset=5')).json, { users: [], total: 5, has_next: false, has_prev: true })
  })

  await t.test('q finds every word of it in name and address, without case and accents, and takes %, _ and backslash ' +
    'as they are', async (t) => {
    await shop.sql`insert into users.users (first_name, last_name, email_address) values
      ('100%', 'No6', 'snake_case@example.com'), ('Back\\slash', 'Ünlü', 'six@example.org')`
    const finds = async (q: string, expected: string[]) => {
      const found = await shop.call('GET', `/users?q=${encodeURIComponent(q)}`)
      t.same(names(found), expected, q)
      t.equal(found.json.total, expected.length)
    }
    await finds('USER2@', ['No2'])
    await finds('user no4', ['No4'])
    await finds('example.ORG', ['Ünlü'])
    await finds('ünLÜ', ['Ünlü'])
    await finds('unlu', ['Ünlü'])
    await finds('example.com no4', ['No4'])
    await finds('NO4 user', ['No4'])
    await finds('no4 no5', [])
    await finds('%', ['No6'])
    await finds('_', ['No6'])
    await finds('\\', ['Ünlü'])
    await finds('nobody', [])
    await finds('Springfield', [])
    await finds('', ['No1', 'No2', 'No3', 'No4', 'No5', 'No6', 'Ünlü'])
    const page = await shop.call('GET', '/users?q=user&limit=2&offset=1')
    t.match(page.json, { total: 5, has_next: true, has_prev: true })
    t.same(names(page), ['No2', 'No3'])
    t.match((await shop.call('GET', '/users?q=user&offset=5')).json, {
      users: [], total: 5, has_next: false, has_prev: true
    })
    t.match((await shop.call('GET', `/users?q=${encodeURIComponent('  ')}`)).json, { total: 7 })
  })

  await t.test('invalid paging is a 400', async (t) => {
    for (const [wrong, field] of [
      ['limit=0', 'limit'], ['limit=101', 'limit'], ['offset=-1', 'offset'], ['limit=x', 'limit']
    ]) {
      const answer = await shop.call('GET', `/users?${wrong}`)
      refuses(t, answer, 400, 'INVALID_INPUT')
      t.same(fields(answer), [field])
    }
  })

  await t.test('a malformed id is a 400 before anything else, an unknown one a 404', async (t) => {
    const routes = [
      ['GET', ''], ['PUT', '', { city: 'Rome' }], ['DELETE', '', { password: 'password' }], ['GET', '/export'],
      ['PUT', '/password', { current_password: 'password', new_password: 'password2' }],
      ['POST', '/email', { current_password: 'password', new_email_address: 'a@example.com' }],
      ['GET', '/notification-settings'], ['PUT', '/notification-settings', {}], ['GET', '/order-status-notifications']
    ] as const
    for (const [method, path, body] of routes) {
      for (const id of [
        '1', 'me', userId(1).slice(1), `${userId(1)}0`, `{${userId(1)}}`, userId(1).replaceAll('-', '')
      ]) {
        refuses(t, await shop.call(method, `/users/${id}${path}`, body), 400, 'INVALID_USER_ID',
          'Invalid user ID format')
      }
      refuses(t, await shop.call(method, `/users/${NOBODY}${path}`, body), 404, 'USER_NOT_FOUND', 'User not found')
    }
  })

  await t.test('an id in upper case is the same id', async (t) => {
    t.match(await shop.call('GET', `/users/${NOBODY.toUpperCase()}`), { status: 404 })
    const made =
      await shop.sql`update users.users set external_user_id = 'abcdefab-cdef-4abc-8def-abcdefabcdef' where id = 5
        returning id`
    t.equal(made.length, 1)
    t.match(await shop.call('GET', '/users/ABCDEFAB-CDEF-4ABC-8DEF-ABCDEFABCDEF'), {
      status: 200, json: { last_name: 'No5' }
    })
  })

  await t.test('PUT changes what is sent and nothing else; null empties an optional text', async (t) => {
    const before = await shop.call('GET', `/users/${userId(1)}`)
    const changed = await shop.call('PUT', `/users/${userId(1)}`, {
      city: 'Berlin', phone_number: null, first_name: 'Bo'
    })
    t.equal(changed.status, 200)
    t.same(changed.json, { ...before.json, city: 'Berlin', phone_number: null, first_name: 'Bo' })
    t.not(changed.headers.etag, before.headers.etag, 'the ETag moves')
    const after = await shop.call('GET', `/users/${userId(1)}`)
    t.same([after.json, after.headers.etag], [changed.json, changed.headers.etag])
    const same = await shop.call('PUT', `/users/${userId(1)}`, { city: 'Berlin' })
    t.same([same.json, same.headers.etag], [changed.json, changed.headers.etag],
      'what is the same already changes nothing')
    t.same((await shop.call('PUT', `/users/${userId(1)}`, {})).json, changed.json, 'nothing sent, nothing changed')
  })

  await t.test('PUT takes the notification fields; null leaves them', async (t) => {
    const settings = {
      days_between_order_notifications: 30,
      order_notifications_via_email: true,
      order_notifications_start_date_time: '2040-01-01'
    }
    const changed = await shop.call('PUT', `/users/${userId(2)}`, settings)
    t.match(changed.json, {
      days_between_order_notifications: 30,
      order_notifications_via_email: true,
      order_notifications_start_date_time: /^2040-01-01T00:00:00/,
      order_notifications_next_scheduled_time: /^2040-01-01T00:00:00/
    })
    const kept = await shop.call('PUT', `/users/${userId(2)}`,
      Object.fromEntries(Object.keys(settings).map((name) => [name, null])))
    t.same(kept.json, changed.json)
  })

  await t.test('PUT ignores email, password, ids and whatever it does not know', async (t) => {
    const before = await shop.call('GET', `/users/${userId(3)}`)
    const [hash] = await shop.sql`select hashed_password from users.users where id = 3`
    const sent = {
      email_address: 'new@example.com',
      password: 'new password',
      hashed_password: 'x',
      user_id: NOBODY,
      id: 9,
      version: 9,
      role: 'admin',
      status: 'x'
    }
    const changed = await shop.call('PUT', `/users/${userId(3)}`, sent)
    t.same([changed.status, changed.json], [200, before.json])
    t.same(await shop.sql`select hashed_password, role, id from users.users where external_user_id = ${userId(3)}`,
      [{ ...hash, role: 'customer', id: '3' }])
    refuses(t, await shop.call('PUT', `/users/${userId(3)}`, { city: 5, first_name: null, last_name: ' ' }), 400,
      'INVALID_INPUT')
  })

  await t.test('If-Match: the present ETag, one of a list or * go through; an old or weak one is a 412', async (t) => {
    const url = `/users/${userId(4)}`
    const { headers: { etag } } = await shop.call('GET', url)
    const put = async (city: string, ifMatch: string) => await shop.call('PUT', url, { city }, { 'if-match': ifMatch })
    const first = await put('Rome', etag!)
    t.equal(first.status, 200)
    refuses(t, await put('Oslo', etag!), 412, 'PRECONDITION_FAILED')
    refuses(t, await put('Oslo', `W/${first.headers.etag}`), 412, 'PRECONDITION_FAILED')
    refuses(t, await put('Oslo', 'nonsense'), 412, 'PRECONDITION_FAILED')
    t.match(await shop.call('GET', url), { json: { city: 'Rome' } })
    t.equal((await put('Oslo', `"other", ${first.headers.etag}`)).status, 200)
    t.equal((await put('Bern', '*')).status, 200)
    const { headers: { etag: last } } = await shop.call('GET', url)
    const both = await Promise.all([put('A', last!), put('B', last!)])
    t.same(both.map(({ status }) => status).sort(), [200, 412], 'of two at once with one ETag, one wins')
  })
})
