import t from 'tap'
import { NOBODY, openShop, refuses, userId } from '../../helper.ts'

const base = '/api/v1/users'

t.test('GET /api/v1/users', async (t) => {
  const { call } = await openShop(t)
  const page = (await call('GET', base)).json
  t.match(page, { total: 5, limit: 20, offset: 0 })
  const first = page.items[0]
  t.strictSame(first, {
    id: 1, user_id: userId(1), email: 'user1@example.com', full_name: 'User No1', created_at: first.created_at
  })
  t.match((await call('GET', `${base}/?limit=2&offset=3`)).json, {
    items: [{ id: 4 }, { id: 5 }], total: 5, limit: 2, offset: 3
  })
  t.match((await call('GET', `${base}?q=no3`)).json, { items: [{ id: 3 }], total: 1 })
  t.match((await call('GET', `${base}?q=USER4@`)).json, { items: [{ id: 4 }], total: 1 })
  t.match((await call('GET', `${base}?q=${encodeURIComponent('NÓ3 example')}`)).json, { items: [{ id: 3 }], total: 1 })
  t.match((await call('GET', `${base}?q=example&offset=5`)).json, { items: [], total: 5 })
  for (const query of ['limit=0', 'limit=101', 'offset=-1']) {
    refuses(t, await call('GET', `${base}?${query}`), 400, 'INVALID_INPUT')
  }

  const one = await call('GET', `${base}/1`)
  t.strictSame(one.json, first)
  t.match(one.headers.etag, /^"[^"]+"$/)
  t.strictSame((await call('GET', `${base}/${userId(1)}`)).json, first, 'by UUID as by id')
  for (const id of ['99', NOBODY, '999999999999999999']) {
    refuses(t, await call('GET', `${base}/${id}`), 404, 'USER_NOT_FOUND')
  }
  for (const id of ['x', '-1', '1.5', '1x', 'ffffffff-ffff', '9'.repeat(19)]) {
    refuses(t, await call('GET', `${base}/${id}`), 400, 'INVALID_USER_ID')
  }
})

t.test('PATCH /api/v1/users/{user_id}', async (t) => {
  const { call } = await openShop(t)
  const url = `${base}/1`
  const names = async () => {
    const { first_name: first, last_name: last } = (await call('GET', `/users/${userId(1)}`)).json
    return [first, last]
  }

  await t.test('a full name is divided before its last word', async (t) => {
    for (const [fullName, first, last] of [
      ['Ada Lovelace', 'Ada', 'Lovelace'], ['  Ada  King\tLovelace ', 'Ada King', 'Lovelace'], ['Plato', 'Plato', '']
    ]) {
      const { status, json } = await call('PATCH', url, { full_name: fullName })
      t.match({ status, name: json.full_name }, { status: 200, name: fullName!.trim().replace(/\s+/g, ' ') })
      t.strictSame(await names(), [first, last])
    }
    t.match((await call('POST', '/api/v1/orders', { user_id: 1, items: [{ product_id: 1, quantity: 1 }] })).json, {
      user_name: 'Plato'
    })
    await call('PUT', `/users/${userId(1)}`, { first_name: 'Ludwig', last_name: 'van Beethoven' })
    t.match((await call('PATCH', url, { full_name: 'Ludwig van Beethoven', email: 'ludwig@example.com' })).json, {
      full_name: 'Ludwig van Beethoven'
    })
    t.strictSame(await names(), ['Ludwig', 'van Beethoven'], 'one that reads the same keeps its division')
  })

  await t.test('an email address changes, and the password stays', async (t) => {
    t.match(await call('PATCH', `${base}/${userId(1)}`, { email: 'ada@example.com' }), {
      status: 200, json: { id: 1, email: 'ada@example.com' }
    })
    t.equal((await call('POST', '/users/login', { email_address: 'ada@example.com', password: 'password' })).status,
      200)
    for (const email of ['user2@example.com', 'USER2@example.com']) {
      refuses(t, await call('PATCH', url, { email, full_name: 'No One' }), 409, 'EMAIL_ALREADY_EXISTS')
    }
    t.match((await call('GET', url)).json, { email: 'ada@example.com', full_name: 'Ludwig van Beethoven' },
      'a refusal changes nothing')
    t.match(await call('PATCH', url, { email: 'ADA@example.com' }),
      { status: 200, json: { email: 'ADA@example.com' } }, 'one’s own in another case is free')
  })

  await t.test('ETag and If-Match', async (t) => {
    const { etag } = (await call('GET', url)).headers
    const changed = await call('PATCH', url, { full_name: 'A B' }, { 'if-match': etag! })
    t.equal(changed.status, 200)
    t.equal(changed.headers.etag, (await call('GET', url)).headers.etag)
    refuses(t, await call('PATCH', url, { full_name: 'A C' }, { 'if-match': etag! }), 412, 'PRECONDITION_FAILED')
    t.equal((await call('PATCH', url, { full_name: 'A B' })).headers.etag, changed.headers.etag,
      'the same again changes nothing')

    const service = `/users/${(await call('GET', url)).json.user_id}`
    t.equal((await call('GET', service)).headers.etag, changed.headers.etag, 'a user has one tag on every face')
    t.equal((await call('PUT', service, { city: 'Rome' }, { 'if-match': changed.headers.etag! })).status, 200)
    refuses(t, await call('PATCH', url, { full_name: 'A D' }, { 'if-match': changed.headers.etag! }), 412,
      'PRECONDITION_FAILED')
  })

  await t.test('what is malformed is a 400, who is not there a 404', async (t) => {
    for (const body of [
      {}, { email: 'x' }, { email: null }, { full_name: '' }, { full_name: ' ' }, { full_name: 1 },
      { full_name: 'x'.repeat(256) }, [], undefined
    ]) {
      refuses(t, await call('PATCH', url, body), 400, 'INVALID_INPUT')
    }
    refuses(t, await call('PATCH', `${base}/99`, { full_name: 'A B' }), 404, 'USER_NOT_FOUND')
    refuses(t, await call('PATCH', `${base}/${NOBODY}`, { full_name: 'A B' }), 404, 'USER_NOT_FOUND')
    refuses(t, await call('PATCH', `${base}/x`, { full_name: 'A B' }), 400, 'INVALID_USER_ID')
  })
})
