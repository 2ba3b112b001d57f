import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import postgres from 'postgres'
import t, { type Test } from 'tap'
import { lowerPriority } from '../../../../plugins/infra/database/priority.ts'
import { dropRole, freshDatabase, openShop, refuses, type Shop } from '../../../helper.ts'
import { databaseUrl } from '../../../server.ts'

// A gateway is started for each case.
t.setTimeout(300_000)

const ask = async ({ call }: Shop, sql: string) => await call('POST', '/query', { sql })

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
  const open = async (t: Test, QUERY_DATABASE_URL = roleUrl.href) => await openShop(t, { DATABASE_URL: url, QUERY_DATABASE_URL })

  await t.test('a login that may do nothing else is used', async (t) => {
    const shop = await open(t)
    t.same((await ask(shop, 'select count(*), session_user::text as who from products')).json.data, [{ count: 40, who: name }])
    t.same((await ask(await open(t), 'select 1 as x')).json.data, [{ x: 1 }], 'at the next start too')
    refuses(t, await ask(shop, 'select * from users.users'), 403, 'QUERY_FORBIDDEN')
  })

  const mighty: [string, string, string][] = [
    ['reads users', `grant usage on schema users to ${name}; grant select (email_address) on users.users to ${name}`, `revoke all on users.users from ${name}; revoke all (email_address) on users.users from ${name}; revoke usage on schema users from ${name}`],
    ['writes products', `grant update on products.inventory to ${name}`, `revoke update on products.inventory from ${name}`],
    ['is a member', `grant pg_read_all_data to ${name}`, `revoke pg_read_all_data from ${name}`],
    ['is a superuser', `alter role ${name} superuser`, `alter role ${name} nosuperuser`],
    ['makes roles', `alter role ${name} createrole`, `alter role ${name} nocreaterole`],
    ['makes schemas', `grant create on database ${roleUrl.pathname.slice(1)} to ${name}`, `revoke create on database ${roleUrl.pathname.slice(1)} from ${name}`],
    ['makes tables', `grant create on schema products to ${name}`, `revoke create on schema products from ${name}`],
    ['makes temporary tables', `grant temporary on database ${roleUrl.pathname.slice(1)} to ${name}`, `revoke temporary on database ${roleUrl.pathname.slice(1)} from ${name}`],
    ['owns', `create schema owned_${name} authorization ${name}`, `drop schema owned_${name}`],
    ['reads files', `grant execute on function pg_read_file(text) to ${name}`, `revoke execute on function pg_read_file(text) from ${name}`],
    ['runs a function as its owner', `create function products.f() returns int language sql security definer as 'select 1'; revoke execute on function products.f() from public; grant execute on function products.f() to ${name}`,
      'drop function products.f()']
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

t.test('a gateway that is no superuser, on a server of somebody else’s', async (t) => {
  const fresh = await freshDatabase(t)
  const suffix = randomBytes(6).toString('hex')
  const [owner, database, reader] = [`owner_${suffix}`, `shop_${suffix}`, `reader_${suffix}`]
  const admin = postgres(databaseUrl(fresh, 'postgres'), { max: 1, onnotice: () => {} })
  await admin.unsafe(`create role ${owner} login password 'pw' createrole`)
  await admin.unsafe(`create role ${reader} login password 'pw'`)
  await admin.unsafe(`create database ${database} owner ${owner}`)
  t.teardown(async () => {
    await admin.unsafe(`drop database if exists ${database} with (force)`)
    await admin.end({ timeout: 5 })
    for (const role of [`db_service_query_${database}`, owner, reader]) await dropRole(fresh, role)
  })
  const url = new URL(databaseUrl(fresh, database))
  url.username = owner
  url.password = 'pw'

  await t.test('with CREATEROLE it makes the login itself; what stays open leaves nothing behind', async (t) => {
    const shop = await openShop(t, { DATABASE_URL: url.href })
    t.same((await ask(shop, 'select count(*) from products')).json.data, [{ count: 0 }])
    refuses(t, await ask(shop, 'select * from users.users'), 403, 'QUERY_FORBIDDEN')
    const tries = ["select set_config('statement_timeout', '0', false)", "select set_config('default_transaction_read_only', 'off', false)", 'select pg_advisory_lock(4711)',
      "select pg_notify('x', 'y')", 'select lo_create(0)', "select set_config('role', 'postgres', false)"]
    for (const sql of [...tries, ...tries]) t.ok([200, 400, 403].includes((await ask(shop, sql)).status), sql)
    for (const setting of ['statement_timeout', 'default_transaction_read_only']) {
      t.match((await ask(shop, `select current_setting('${setting}') as x`)).json.data, [{ x: /^(5s|on)$/ }], setting)
    }
    const [left] = await shop.sql`select (select count(*)::int from pg_largeobject_metadata) as objects, (select count(*)::int from pg_locks where locktype = 'advisory' and database =
      (select oid from pg_database where datname = current_database())) as locks`
    t.same(left, { objects: 0, locks: 0 })
  })

  await t.test('other roles keep what they had', async (t) => {
    const shop = await openShop(t, { DATABASE_URL: url.href })
    const [can] = await shop.sql`select has_database_privilege(${reader}, current_database(), 'temporary') as temporary, has_schema_privilege(${reader}, 'public', 'usage') as public`
    t.same(can, { temporary: true, public: true })
  })

  await t.test('without CREATEROLE /query says what to set, and all else works', async (t) => {
    await admin.unsafe(`alter role ${owner} nocreaterole`)
    const shop = await openShop(t, { DATABASE_URL: url.href })
    const answer = await ask(shop, 'select 1')
    refuses(t, answer, 503, 'QUERY_NOT_SET_UP')
    t.match(answer.json.detail, /set QUERY_DATABASE_URL/)
    t.equal((await shop.call('GET', '/products')).status, 200)
  })
})

t.test('a superuser’s gateway takes the catalogue from PUBLIC, and from nobody else', async (t) => {
  const name = `reader_${randomBytes(6).toString('hex')}`
  const url = await freshDatabase(t)
  const admin = postgres(url, { max: 1, onnotice: () => {} })
  await admin.unsafe(`create role ${name}`)
  t.teardown(async () => {
    await admin.end({ timeout: 5 })
    await dropRole(url, name)
  })
  await openShop(t, { DATABASE_URL: url })
  const may = async (role: string) => (await admin`
    select has_table_privilege(${role}, 'pg_catalog.pg_class', 'select') as catalogue, has_function_privilege(${role}, 'current_setting(text)', 'execute') as settings,
      has_function_privilege(${role}, 'pg_read_file(text)', 'execute') as files, has_database_privilege(${role}, current_database(), 'temporary') as temporary`)[0]
  t.same(await may('public'), { catalogue: false, settings: false, files: false, temporary: false })
  t.same(await may(name), { catalogue: true, settings: true, files: false, temporary: true })
})

/** Why a process of that number cannot be looked at, if so. */
function hidden (pid: number): string | false {
  try {
    return !readFileSync(`/proc/${pid}/cmdline`, 'latin1').startsWith('postgres: ') && 'the server is not on this machine'
  } catch {
    return 'the server is not on this machine, or this is not Linux'
  }
}

t.test('statements of callers get what the others leave of the processor', async (t) => {
  const shop = await openShop(t)
  // On both connections.
  await Promise.all([1, 2].map(async () => t.equal((await ask(shop, 'select count(*) from products a, products b, products c')).status, 200)))
  const backends = await shop.sql<{ pid: number, port: number, isLane: boolean }[]>`
    select pid, client_port as port, usename = gateway.query_role() as "isLane" from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend'`
  const lane = backends.find(({ isLane }) => isLane)!
  await t.test('on this machine', { skip: hidden(lane.pid) }, async (t) => {
    const group = `/proc/${lane.pid}/autogroup`
    t.ok(!existsSync(group) || / nice 19$/m.test(readFileSync(group, 'latin1')))
    for (const { pid, isLane } of backends) t.equal(getPriority(pid), isLane ? 19 : 0)
    const other = backends.find(({ isLane }) => !isLane)!
    lowerPriority(other.pid, lane.port)
    t.equal(getPriority(other.pid), 0, 'another connection’s backend is left alone')
  })
  lowerPriority(process.pid, lane.port)
  t.equal(getPriority(process.pid), getPriority(), 'as is any other process')
})
