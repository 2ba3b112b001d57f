import t from 'tap'
import { isEmailAddress } from '../../common/addresses.ts'
import { byHeader, byToken, PAIRS } from '../addresses.ts'
import { all } from '../checks.ts'
import { openShop } from '../helper.ts'
import { openLoader } from '../seeds/loader/loading.ts'

t.test('a CSV file knows the same addresses', async (t) => {
  const { load, rejects, sql } = await openLoader(t)
  const rows = PAIRS.map(([stored, given], n) => `${2 * n + 1},A,B,${n}-${stored}\n${2 * n + 2},A,B,${n}-${given}\n`)
  await load({ 'users_demo.csv': `user_id,first_name,last_name,email_address\n${rows.join('')}` })
  t.strictSame((await rejects('users_demo.csv')).map(([, reason]) => reason),
    PAIRS.flatMap(([, given, same], n) => same ? [`another user has this email address: ${n}-${given}`] : []))
  t.equal((await sql`select from users.users`).length, PAIRS.length * 2 - PAIRS.filter(([, , same]) => same).length)
})

t.test('the look-ups use their indexes', async (t) => {
  const { sql } = await openShop(t)
  await sql`insert into users.users (first_name, last_name, email_address, hashed_password, origin)
    select 'A', 'B', n || '@example.com', 'x', 'loaded' from generate_series(1, 5000) n`
  await sql`analyze users.users`
  for (const [query, index] of [
    [
      "select id from users.users where users.address_key(email_address) = users.address_key('7@example.com') and " +
        'hashed_password is not null',
      'users_email_address_key'
    ],
    [
      "select id from users.users where users.address_key(email_address) = users.address_key('7@example.com') and " +
        "origin in ('loaded', 'service')",
      'users_joinable_address_idx'
    ],
    ["select id from users.users where lower(email_address) = lower('7@example.com')", 'users_lower_email_address_idx']
  ] as const) {
    const plan = (await sql.unsafe(`explain ${query}`)).map((row) => row['QUERY PLAN']).join('\n')
    t.match(plan, index)
  }
})

const VALID = [
  'ada@example.com', 'o\'brien+tag@shop.co.uk', 'jos\u00e9@ex\u00e4mple.de', '\u7528\u6237@\u4f8b\u3048.jp',
  '\u{1f600}@example.com', 'root@localhost',
  'a@xn--exmple-cua.de', 'a.b_c-d@1.2.example', `${'x'.repeat(64)}@example.com`, '\u212Aate@example.com',
  'jose\u0301@example.com'
]
const FAULTY = [
  'nobody', '@', 'a@', '@example.com', 'a b@example.com', 'a@b@example.com', 'a.@example.com', '.a@example.com',
  'a..b@example.com', 'a@.example', 'a@example..com',
  'a@example.com.', 'a@-x.example', 'a@x-.example', 'a@x_y.example', '"a b"@example.com', 'a@[127.0.0.1]',
  '<a@example.com>', 'a@example.com\r\nBcc: b@example.com',
  'a\u0000@example.com', 'a\u0085@example.com', '\u200ba@example.com', 'a\u00a0b@example.com', '\u202ea@example.com',
  'a\ufffd@example.com', 'a\uff20example.com',
  `${'x'.repeat(65)}@example.com`, `${'\u00e9'.repeat(33)}@example.com`, `a@${'x'.repeat(64)}.example`,
  `a@${'x.'.repeat(125)}example`, `a@${'\u00e4'.repeat(60)}.example`
]

t.test('what is an address is one at every entrance', { timeout: 120_000 }, async (t) => {
  const shop = await openShop(t)
  for (const [address, valid] of [...VALID.map((text) => [text, true]), ...FAULTY.map((text) => [text, false])] as [
    string, boolean
  ][]) {
    const name = JSON.stringify(address)
    t.equal(isEmailAddress(address), valid, name)
    t.equal((await shop.call('PATCH', '/api/v1/users/3', { email: address })).status, valid ? 200 : 400,
      `${name} in a body`)
    const claim = await shop.call('GET', '/api/orders', undefined, byToken(shop, address))
    t.equal(claim.status, valid ? 200 : 401, `${name} in a token`)
    // eslint-disable-next-line no-control-regex -- what no header can carry
    if (/[\x00-\x1f]/.test(address)) continue
    t.equal((await shop.call('GET', '/api/orders', undefined, byHeader(address))).status, valid ? 200 : 401,
      `${name} in a header`)
  }
  const { load, rejects } = await openLoader(t)
  const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`
  const rows = [...VALID, ...FAULTY.filter((text) => !text.includes('\0'))].map(
    (address, n) => `${n + 1},A,B,${quoted(address)}\n`
  )
  const { loaded } = await load({ 'users_demo.csv': `user_id,first_name,last_name,email_address\n${rows.join('')}` })
  t.equal(loaded, VALID.length)
  all(t, await rejects('users_demo.csv'), ([, reason]) => reason!.startsWith('email_address is no email address: '),
    'the reason')
})
