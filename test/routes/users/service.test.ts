import t from 'tap'
import { hashAsInProduction } from '../../hashing.ts'
import { NOBODY, openShop, refuses, type Answer } from '../../helper.ts'

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const ada = { first_name: 'Ada', last_name: 'Lovelace', email_address: 'ada@example.com', password: 'correct horse' }
const fields = (answer: Answer): string[] => answer.json.errors.map(({ field }: { field: string }) => field).sort()

t.test('making users', async (t) => {
  const shop = await openShop(t)

  await t.test('the required fields are enough; the rest takes its defaults', async (t) => {
    hashAsInProduction(t)
    const before = Date.now() - 1000
    const made = await shop.call('POST', '/users', ada)
    t.equal(made.status, 201)
    const {
      user_id: id, order_notifications_start_date_time: start, order_notifications_next_scheduled_time: next, ...rest
    } = made.json
    t.match(id, UUID_V4)
    t.same(rest, {
      first_name: 'Ada',
      last_name: 'Lovelace',
      email_address: 'ada@example.com',
      phone_number: null,
      street_address: null,
      city: null,
      postal_code: null,
      country: null,
      days_between_order_notifications: 7,
      pending_order_notification: false,
      order_notifications_via_email: false,
      last_notification_sent_at: null,
      last_notifications_viewed_at: null,
      last_login: null
    }, 'nothing of the password')
    t.ok(Date.parse(start) >= before && Date.parse(start) <= Date.now() + 1000, 'reminders start now')
    t.equal(Date.parse(next) - Date.parse(start), 7 * 86_400_000)
    t.equal(made.headers.location, `/users/${id}`)
    const found = await shop.call('GET', `/users/${id}`)
    t.same(found.json, made.json)
    t.equal(found.headers.etag, made.headers.etag)
    const [row] = await shop.sql`select id, hashed_password from users.users where external_user_id = ${id}`
    t.match(row, { hashed_password: /^\$argon2id\$v=19\$m=65536,t=3,p=4\$/ })
    t.ok(Number(row!.id) >= 400_000, 'new internal ids lie past the loaded ones')
  })

  await t.test('every optional field is kept; unknown ones are ignored', async (t) => {
    const optional = {
      phone_number: '+44 20 1234',
      street_address: "12 O'Connell \\ Street",
      city: 'Zürich 🏔',
      postal_code: '8001',
      country: 'CH',
      days_between_order_notifications: 365,
      order_notifications_via_email: true
    }
    const unknown = {
      user_id: NOBODY, id: 1, role: 'admin', last_login: '2020-01-01', pending_order_notification: true, eval_set: 'x'
    }
    const made = await shop.call('POST', '/users', {
      ...ada,
      email_address: 'all@example.com',
      ...optional,
      ...unknown,
      order_notifications_start_date_time: '2031-05-01T12:00:00+02:00'
    })
    t.match(made, { status: 201, json: { ...optional, last_login: null, pending_order_notification: false } })
    t.not(made.json.user_id, NOBODY)
    t.equal(new Date(made.json.order_notifications_start_date_time).toISOString(), '2031-05-01T10:00:00.000Z',
      'converted to UTC')
    t.equal(made.json.order_notifications_next_scheduled_time, made.json.order_notifications_start_date_time,
      'a start ahead is the next time')
    t.same(await shop.sql`select role from users.users where external_user_id = ${made.json.user_id}`, [
      { role: 'customer' }
    ])
  })

  await t.test('null for an optional field is the same as not sending it', async (t) => {
    const nothing = {
      phone_number: null,
      street_address: null,
      city: null,
      postal_code: null,
      country: null,
      days_between_order_notifications: null,
      order_notifications_via_email: null,
      order_notifications_start_date_time: null
    }
    const made = await shop.call('POST', '/users', { ...ada, email_address: 'null@example.com', ...nothing })
    t.match(made, {
      status: 201, json: { city: null, days_between_order_notifications: 7, order_notifications_via_email: false }
    })
  })

  await t.test('an email address is taken once, in whatever case, also at the same moment', async (t) => {
    for (const taken of ['user1@example.com', 'USER1@Example.COM']) {
      refuses(t, await shop.call('POST', '/users', { ...ada, email_address: taken }), 409, 'EMAIL_ALREADY_EXISTS',
        'Email address already exists')
    }
    // Hashes are made one at a time: on a busy machine the last of eight is told to come again, and does.
    const register = async (email: string): Promise<Answer> => {
      const answer = await shop.call('POST', '/users', { ...ada, email_address: email })
      return answer.status === 503 ? await register(email) : answer
    }
    const many = await Promise.all(Array.from({ length: 8 }, async (_, n) =>
      await register(n % 2 ? 'race@example.com' : 'Race@Example.com')))
    t.same(many.map(({ status }) => status).sort(), [201, ...Array(7).fill(409)], 'one of eight wins')
  })

  await t.test('what is missing or wrong is a 400 naming every field; nothing is converted', async (t) => {
    const empty = await shop.call('POST', '/users', {})
    refuses(t, empty, 400, 'INVALID_INPUT')
    t.same(fields(empty), ['email_address', 'first_name', 'last_name', 'password'])
    for (const body of [undefined, [], '"text"', 'null', '5']) {
      t.equal((await shop.call('POST', '/users', body, { 'content-type': 'application/json' })).status, 400,
        `body ${JSON.stringify(body)}`)
    }
    const faults: Record<string, unknown[]> = {
      first_name: ['', '   ', 5, null, true, [], {}, 'x'.repeat(256)],
      last_name: ['', null, 5],
      email_address: ['', 'nobody', 'a@', '@b.example', 'a b@example.com', 5, null, `${'x'.repeat(250)}@example.com`],
      password: ['seven77', '', null, 12345678, 'x'.repeat(1025)],
      phone_number: [5, 'x'.repeat(65)],
      city: [false, 'x'.repeat(256)],
      days_between_order_notifications: [0, 366, -1, 1.5, '7', true, []],
      order_notifications_via_email: ['true', 1, 0, 'yes'],
      order_notifications_start_date_time: [
        'tomorrow', '', 'infinity', 5, '2026-13-01', '2026-02-30', '2026-01-01T25:00:00Z'
      ]
    }
    for (const [field, values] of Object.entries(faults)) {
      for (const value of values) {
        const answer = await shop.call('POST', '/users',
          { ...ada, email_address: 'faulty@example.com', [field]: value })
        refuses(t, answer, 400, 'INVALID_INPUT')
        t.match(fields(answer), [field], `${field}: ${JSON.stringify(value).slice(0, 40)}`)
      }
    }
    t.same(await shop.sql`select from users.users where email_address = 'faulty@example.com'`, [])
  })

  await t.test('moments that no calendar or database knows are a 400, not a 500', async (t) => {
    for (const moment of ['0000-01-01', '2026-01-01T00:00:00+23:59', '2026-01-01T00:00:00-18:00']) {
      const answer = await shop.call('POST', '/users', {
        ...ada, email_address: 'odd@example.com', order_notifications_start_date_time: moment
      })
      t.equal(answer.status, 400, moment)
    }
  })
})
