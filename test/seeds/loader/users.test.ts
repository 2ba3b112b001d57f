import { verify } from 'argon2'
import t from 'tap'
import { v5 } from 'uuid'
import { counts, NAMESPACE, openLoader } from './loading.ts'

const HASH = '$argon2id$v=19$m=65536,t=3,p=4$8xHjrbVr78uohpi+ug0rjg$6VgOB/ssNpTktEUDAYdgjzcnKGY2Ju4y1GsT7Z3N8M0'
const users = (...rows: string[]) => ({
  'users_demo.csv': `user_id,first_name,last_name,email_address\n${rows.join('\n')}\n`
})

t.test('A loaded user keeps the id, and has a public one that follows from it', async (t) => {
  const { load, sql } = await openLoader(t)
  await load(users('7,Ada,Byron,Ada@Example.com', '12345678901,Bob,Ross,bob@example.com'))
  t.same(
    await sql`select id::text, external_user_id, role, email_address, hashed_password, last_order_number
      from users.users order by users.id`,
    [
      {
        id: '7',
        external_user_id: v5('7', NAMESPACE),
        role: 'customer',
        email_address: 'Ada@Example.com',
        hashed_password: null,
        last_order_number: 0
      },
      {
        id: '12345678901',
        external_user_id: v5('12345678901', NAMESPACE),
        role: 'customer',
        email_address: 'bob@example.com',
        hashed_password: null,
        last_order_number: 0
      }
    ]
  )
})

t.test('Reminders start with the last login, every 7 days', async (t) => {
  const { load, sql } = await openLoader(t)
  await load({
    'users_demo.csv': 'user_id,first_name,last_name,email_address,last_login,last_notifications_viewed_at\n' +
      '1,A,B,a@example.com,2026-01-01 10:00:00.123456+02:00,2026-01-02T00:00:00Z\n2,C,D,c@example.com,,\n'
  })
  t.same(await sql`select order_notifications_start_date_time as start, last_notifications_viewed_at as viewed,
      order_notifications_next_scheduled_time > now() and order_notifications_next_scheduled_time <= now() + interval
      '7 days' as soon,
      extract(epoch from order_notifications_next_scheduled_time - order_notifications_start_date_time)::bigint % 604800
      as rest,
      days_between_order_notifications as days, order_notifications_via_email as email, last_login is null as never
    from users.users order by id`, [
    {
      start: '2026-01-01T08:00:00.123456+00:00',
      viewed: '2026-01-02T00:00:00+00:00',
      soon: true,
      rest: 0,
      days: 7,
      email: false,
      never: false
    },
    {
      start: (await sql`select order_notifications_start_date_time as start from users.users where id = 2`)[0]!.start,
      viewed: null,
      soon: true,
      rest: 0,
      days: 7,
      email: false,
      never: true
    }
  ])
})

t.test('Passwords: a hash as it is, else the password hashed, else none', async (t) => {
  const { load, sql } = await openLoader(t)
  const report = await load({
    'users_demo.csv': 'user_id,first_name,last_name,email_address,password,hashed_password\n' +
      `1,A,B,a@x,secret,"${HASH}"\n2,A,B,b@x, se\\cret",not a hash\n3,A,B,c@x,,$2b$10$abcdefghijklmnopqrstuv\n` +
        `4,A,B,d@x,,"${HASH.replace('t=3,p=4', 'p=4,t=3')}"\n5,A,B,e@x,fifth,\n`
  })
  t.equal(report.rejected, 0)
  const [first, second, third, fourth, fifth] = (await sql`select hashed_password from users.users order by id`).map(
    (row) => row.hashed_password
  )
  t.equal(first, HASH)
  t.ok(await verify(second, ' se\\cret"'))
  t.equal(third, null)
  t.equal(fourth, HASH.replace('t=3,p=4', 'p=4,t=3'))
  t.ok(await verify(fifth, 'fifth'))
})

t.test('An email address belongs to one user, in whatever case; the later row is rejected', async (t) => {
  const { load, rejects, sql } = await openLoader(t)
  const report = await load(users('1,A,A,a@x', '2,B,B,A@X', '3,C,C,c@x', '3,C,C,a@x', '1,A,A,A@x'))
  t.same(counts(report, 'users_demo.csv'), [2, 1, 2], 'the rejected row of user 3 leaves the earlier one')
  t.same((await rejects('users_demo.csv')).map(([line, reason]) => `${line} ${reason}`),
    ['3 another user has this email address: A@X', '5 another user has this email address: a@x'])
  t.same(await sql`select id, email_address from users.users order by id`, [
    { id: 1, email_address: 'A@x' }, { id: 3, email_address: 'c@x' }
  ])
})

t.test('Missing names, addresses and times that do not exist are rejected', async (t) => {
  const { load, rejects } = await openLoader(t)
  const rows = [
    '2026-02-30', '2026-01-01 24:00:00', '0000-01-01', 'yesterday', '2026-01-01 10:00:00+99:00', '2026-13-01T00:00:00Z',
    '0001-01-01 00:00:00+14:00'
  ]
  const report = await load({
    'users_demo.csv': 'user_id,first_name,last_name,email_address,last_login\n1,,B,a@x,\n2,A,,b@x,\n3,A,B,,\n' +
      rows.map((time, n) => `${n + 4},A,B,${n}@x,${time}\n`).join('') + '20,A,B,fine@x,2024-02-29 23:59:59.999999-08\n'
  })
  t.same(counts(report, 'users_demo.csv'), [1, 0, 10])
  t.same((await rejects('users_demo.csv')).map(([, reason]) => reason), [
    'first_name is missing', 'last_name is missing', 'email_address is missing',
    'last_login is a time that does not exist: 2026-02-30',
    'last_login is a time that does not exist: 2026-01-01 24:00:00',
    'last_login is a time that does not exist: 0000-01-01',
    'last_login is not a time like 2026-01-31 12:00:00+00:00: yesterday',
    'last_login is a time that does not exist: 2026-01-01 10:00:00+99:00',
    'last_login is a time that does not exist: 2026-13-01T00:00:00Z',
    'last_login is a time that does not exist: 0001-01-01 00:00:00+14:00'])
})

t.test('New users come after the largest loaded id, and at least at 400000', async (t) => {
  const { load, sql } = await openLoader(t)
  const next = async () =>
    (await sql`insert into users.users (first_name, last_name, email_address) values ('N', 'N', gen_random_uuid())
      returning id`)[0]!.id
  await load(users('1,A,A,a@x'))
  t.equal(await next(), 400000)
  await load(users('500000,B,B,b@x'))
  t.equal(await next(), 500001)
  await load(users('2,C,C,c@x'))
  t.equal(await next(), 500002)
})
