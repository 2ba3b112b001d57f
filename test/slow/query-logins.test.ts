import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { lowerPriority } from '../../routes/query/priority.ts'
import { dropRole, freshDatabase, openShop, refuses } from '../helper.ts'
import { databaseUrl } from '../server.ts'
import { ask } from '../routes/query/ask.ts'

// A gateway is started for each case.
t.setTimeout(300_000)

t.test('QUERY_DATABASE_URL', { timeout: 200_000 }, async (t) => {
  const url = await freshDatabase(t)
  const name = `query_test_${randomBytes(6).toString('hex')}`
  const admin = postgres(databaseUrl(url, new URL(url).pathname.slice(1)), { max: 1, onnotice: () => {} })
  await admin.unsafe(`create role ${name} login password 'pw'`)
  t.teardown(async () => {
    await admin.end({ timeout: 5 })
    await dropRole(url, name)
  })
  const roleUrl = new URL(url)
  roleUrl.username = name
  roleUrl.password = 'pw'
  const open = async (t: Test, QUERY_DATABASE_URL = roleUrl.href) => await openShop(t, {
    DATABASE_URL: url, QUERY_DATABASE_URL, HARDEN_DATABASE: 'true'
  })

  await t.test('a login that may do nothing else is used', async (t) => {
    const shop = await open(t)
    t.same((await ask(shop, 'select count(*), session_user::text as who from products')).json.data, [
      { count: 40, who: name }
    ])
    t.same((await ask(await open(t), 'select 1 as x')).json.data, [{ x: 1 }], 'at the next start too')
    refuses(t, await ask(shop, 'select * from users.users'), 403, 'QUERY_FORBIDDEN')
    const onLegacy = async (sql: string) => (await shop.call('POST', '/legacy/query', { sql })).json
    t.match(await onLegacy('select session_user::text as who from products limit 1'),
      { success: true, data: [{ who: name }] }, 'on /legacy, too')
    t.match(await onLegacy('select id from users.users'), {
      success: false, error: /^Not allowed on \/query: permission denied for schema users/
    })
  })

  const mighty: [string, string, string][] = [
    [
      'reads users', `grant usage on schema users to ${name}; grant select (email_address) on users.users to ${name}`,
      `revoke all on users.users from ${name}; revoke all (email_address) on users.users from ${name}; revoke usage ` +
        `on schema users from ${name}`
    ],
    [
      'writes products', `grant update on products.inventory to ${name}`,
      `revoke update on products.inventory from ${name}`
    ],
    ['is a member', `grant pg_read_all_data to ${name}`, `revoke pg_read_all_data from ${name}`],
    ['is a superuser', `alter role ${name} superuser`, `alter role ${name} nosuperuser`],
    ['makes roles', `alter role ${name} createrole`, `alter role ${name} nocreaterole`],
    [
      'makes schemas', `grant create on database ${roleUrl.pathname.slice(1)} to ${name}`,
      `revoke create on database ${roleUrl.pathname.slice(1)} from ${name}`
    ],
    ['makes tables', `grant create on schema products to ${name}`, `revoke create on schema products from ${name}`],
    [
      'makes temporary tables', `grant temporary on database ${roleUrl.pathname.slice(1)} to ${name}`,
      `revoke temporary on database ${roleUrl.pathname.slice(1)} from ${name}`
    ],
    ['owns', `create schema owned_${name} authorization ${name}`, `drop schema owned_${name}`],
    [
      'reads files', `grant execute on function pg_read_file(text) to ${name}`,
      `revoke execute on function pg_read_file(text) from ${name}`
    ],
    [
      'runs a function as its owner',
      `create function products.f() returns int language sql security definer as 'select 1'; revoke execute
        on function products.f() from public; grant execute on function products.f() to ${name}`,
      'drop function products.f()'
    ]
  ]
  for (const [what, grant, revoke] of mighty) {
    await t.test(`one that ${what} too is not`, async (t) => {
      await admin.unsafe(grant).simple()
      const shop = await open(t)
      const answer = await ask(shop, 'select 1')
      refuses(t, answer, 503, 'QUERY_NOT_SET_UP')
      t.match(answer, { json: { detail: /QUERY_DATABASE_URL/ }, headers: { 'retry-after': /^\d+$/ } })
      await admin.unsafe(revoke).simple()
      t.equal((await shop.call('GET', '/products/1')).status, 200, 'all else works')
    })
  }

  await t.test('one that cannot log in is told', async (t) => {
    const nobody = new URL(roleUrl)
    nobody.username = 'nobody_of_that_name'
    refuses(t, await ask(await open(t, nobody.href), 'select 1'), 503, 'QUERY_NOT_SET_UP')
    nobody.port = '1'
    refuses(t, await ask(await open(t, nobody.href), 'select 1'), 503, 'QUERY_NOT_SET_UP')
  })
})

/** Why a process of that number cannot be looked at, if so. */
function hidden (pid: number): string | false {
  try {
    return !readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('postgres: ') &&
      'the server is not on this machine'
  } catch {
    return 'the server is not on this machine, or this is not Linux'
  }
}

t.test('what takes longer than a page of the catalogue gets what the others leave of the processor', async (t) => {
  const shop = await openShop(t)
  const backends = async () => await shop.sql<{ pid: number, port: number, isLane: boolean, isActive: boolean }[]>`
    select pid, client_port as port, usename = gateway.query_role() as "isLane", state = 'active' as "isActive"
    from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend'`
  t.equal((await ask(shop, 'select count(*) from products')).status, 200)
  const before = await backends()
  const lane = before.find(({ isLane }) => isLane)!
  await t.test('on this machine', { skip: hidden(lane.pid) }, async (t) => {
    t.equal(getPriority(lane.pid), 0, 'a short statement has its share')
    const asked = ask(shop,
      'select count(*) from products a, products b, products c, products d, products e, products f')
    let slow
    do slow = (await backends()).find(({ isLane, isActive, pid }) => isLane && isActive && getPriority(pid) === 19)
    while (!slow)
    const group = `/proc/${slow.pid}/autogroup`
    t.ok(!existsSync(group) || / nice 19$/m.test(readFileSync(group, 'latin1')), 'a long one is lowered while it runs')
    t.equal((await asked).status, 408)
    const other = before.find(({ isLane }) => !isLane)!
    lowerPriority(other.pid, lane.port)
    t.equal(getPriority(other.pid), 0, 'another connection’s backend is left alone')
    // On both sessions: that of the long statement is another one.
    await Promise.all(
      [1, 2, 3].map(async () => t.equal((await ask(shop, 'select count(*) from products')).status, 200))
    )
    for (const { pid, isLane } of await backends()) {
      if (pid !== slow.pid) t.equal(getPriority(pid), 0, `${isLane ? 'the next statement' : 'a request'} has its share`)
    }
  })
  lowerPriority(process.pid, lane.port)
  t.equal(getPriority(process.pid), getPriority(), 'as is any other process')
})
