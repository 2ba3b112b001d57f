import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { Writable } from 'node:stream'
import postgres, { type Sql } from 'postgres'
import t, { type Test } from 'tap'
import { lowerPriority } from '../../../routes/query/priority.ts'
import { dropRole, freshDatabase, openShop, refuses, type Shop } from '../../helper.ts'
import { databaseUrl } from '../../server.ts'

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
    for (const role of [`db_service_query_${database}`, `db_service_legacy_query_${database}`, owner, reader]) {
      await dropRole(fresh, role)
    }
  })
  const url = new URL(databaseUrl(fresh, database))
  url.username = owner
  url.password = 'pw'

  await t.test('with CREATEROLE it makes the login itself; what stays open leaves nothing behind', async (t) => {
    const shop = await openShop(t, { DATABASE_URL: url.href })
    t.same((await ask(shop, 'select count(*) from products')).json.data, [{ count: 0 }])
    refuses(t, await ask(shop, 'select * from users.users'), 403, 'QUERY_FORBIDDEN')
    const tries = [
      "select set_config('statement_timeout', '0', false)",
      "select set_config('default_transaction_read_only', 'off', false)", 'select pg_advisory_lock(4711)',
      "select pg_notify('x', 'y')", 'select lo_create(0)', "select set_config('role', 'postgres', false)"
    ]
    for (const sql of [...tries, ...tries]) t.ok([200, 400, 403].includes((await ask(shop, sql)).status), sql)
    for (const setting of ['statement_timeout', 'default_transaction_read_only']) {
      t.match((await ask(shop, `select current_setting('${setting}') as x`)).json.data, [{ x: /^(5s|on)$/ }], setting)
    }
    const [left] =
      await shop.sql`select (select count(*)::int from pg_largeobject_metadata) as objects, (select count(*)::int
        from pg_locks where locktype = 'advisory' and database =
      (select oid from pg_database where datname = current_database())) as locks`
    t.same(left, { objects: 0, locks: 0 })
  })

  await t.test('other roles keep what they had', async (t) => {
    const shop = await openShop(t, { DATABASE_URL: url.href })
    const [can] =
      await shop.sql`select has_database_privilege(${reader}, current_database(), 'temporary')
        as temporary, has_schema_privilege(${reader}, 'public', 'usage') as public`
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

/** Every right in a database that is somebody's other than PostgreSQL's own roles, as text. */
const rightsIn = async (sql: Sql) => (await sql<{ right: string }[]>`
  select concat_ws(' ', thing, coalesce(r.rolname, 'public'), a.privilege_type) as right
  from (
    select 'routine ' || p.oid::regprocedure as thing, coalesce(proacl, acldefault('f', proowner)) as acl from pg_proc p
    where pronamespace = 'pg_catalog'::regnamespace
    union all select 'relation ' || c.oid::regclass, coalesce(relacl, acldefault('r', relowner)) from pg_class c
    where relnamespace in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    union all select 'schema ' || nspname, coalesce(nspacl, acldefault('n', nspowner)) from pg_namespace
    where nspname in ('public', 'information_schema', 'pg_catalog')
    union all select 'database', coalesce(datacl, acldefault('d', datdba)) from pg_database
    where datname = current_database()
  ) things, aclexplode(acl) a left join pg_roles r on r.oid = a.grantee
  where not starts_with(coalesce(r.rolname, ''), 'pg_')
  order by 1`).map(({ right }) => right)

const mayOf = (sql: Sql) => async (role: string) => (await sql`
  select has_table_privilege(${role}, 'pg_catalog.pg_class', 'select') as catalogue, has_function_privilege(${role},
  'current_setting(text)', 'execute') as settings,
    has_function_privilege(${role}, 'pg_read_file(text)', 'execute') as files, has_database_privilege(${role},
    current_database(), 'temporary') as temporary`)[0]

/** A database, a connection to it as a superuser, and a role without any rights. */
async function foreign (t: Test): Promise<{ url: string, admin: Sql, role: string }> {
  const url = await freshDatabase(t)
  const admin = postgres(url, { max: 1, onnotice: () => {} })
  const role = `reader_${randomBytes(6).toString('hex')}`
  await admin.unsafe(`create role ${role} login password 'pw'`)
  t.teardown(async () => {
    await admin.unsafe(`drop role if exists ${role}`)
    await admin.end({ timeout: 5 })
  })
  return { url, admin, role }
}

t.test('on a database that is not its own a superuser’s gateway grants and revokes nothing of others', async (t) => {
  const { url, admin, role } = await foreign(t)
  const before = await rightsIn(admin)
  const lines: string[] = []
  const stream = new Writable({ write (chunk, _encoding, done) { lines.push(String(chunk)); done() } })
  const shop = await openShop(t, { DATABASE_URL: url, LOG_LEVEL: 'warn' }, stream)
  t.strictSame(await rightsIn(admin), before)
  t.match(lines.join(''), /reads the system catalogues.*HARDEN_DATABASE=true/, 'the log says what stays open')
  t.same(await mayOf(admin)(role), { catalogue: true, settings: true, files: false, temporary: true })
  await admin.unsafe(`drop role ${role}`)
  t.pass('a role can be dropped')
  await admin.unsafe(`create role ${role} login password 'pw'`)
  const asRole = new URL(url)
  asRole.username = role
  asRole.password = 'pw'
  const later = postgres(asRole.href, { max: 1 })
  t.ok((await later`select count(*) as n from pg_type`)[0]!.n > 100, 'and one made later works at once')
  await later.end()

  const catalogues = [
    'select count(*) from pg_catalog.pg_class', "select current_setting('server_version')",
    'select count(*) from information_schema.tables'
  ]
  for (const sql of catalogues) {
    const { status, text } = await ask(shop, sql)
    // Words that name objects are refused on every database.
    t.equal(status, /pg_class/.test(sql) ? 403 : 200, `${sql}: ${text}`)
  }
  const closed = [
    'select * from users.users', 'table orders.orders', 'select * from gateway.idempotency_keys',
    'select * from orders.outbox', 'select hashed_password from users.users', 'update inventory set stock = 0',
    'delete from products', 'select products.add_to_count(1, 1, 1)', 'create table public.x (a int)',
    'create temp table x (a int)', "select nextval('products.products_product_id_seq')",
    "select setval('products.products_product_id_seq', 1)",
    "select set_config('role', 'postgres', true), 1 from users.users"
  ]
  for (const sql of closed) refuses(t, await ask(shop, sql), 403, 'QUERY_FORBIDDEN')
  for (const sql of [
    "select query_to_xml('select * from users.users', true, true, '')",
    "select set_config('transaction_read_only', 'off', true)", "select set_config('role', 'postgres', true)",
    'select lo_create(0)'
  ]) {
    t.not((await ask(shop, sql)).text.includes('argon2'), true, sql)
  }
  t.same((await shop.sql`select count(*)::int as n from pg_largeobject_metadata`)[0], { n: 0 }, 'nothing is written')
  t.same((await ask(shop, 'select session_user::text = current_user::text as same')).json.data, [{ same: true }])
})

t.test('HARDEN_DATABASE takes the catalogues from PUBLIC, for one group of roles', async (t) => {
  const { url, admin, role } = await foreign(t)
  const before = await rightsIn(admin)
  await openShop(t, { DATABASE_URL: url, HARDEN_DATABASE: 'true' })
  const may = mayOf(admin)
  t.same(await may('public'), { catalogue: false, settings: false, files: false, temporary: false })
  t.same(await may(role), { catalogue: false, settings: false, files: false, temporary: false })
  t.notMatch((await rightsIn(admin)).join('\n'), role, 'nothing is granted to a role by itself')
  await admin.unsafe(`grant db_service_catalogue to ${role}`)
  t.same(await may(role), { catalogue: true, settings: true, files: false, temporary: true })
  await admin.unsafe(`drop role ${role}`)
  t.pass('a member can be dropped')
  const hardened = await rightsIn(admin)
  await openShop(t, { DATABASE_URL: url, HARDEN_DATABASE: 'true' })
  t.strictSame(await rightsIn(admin), hardened, 'a second time changes nothing')
  await openShop(t, { DATABASE_URL: url })
  t.strictSame(await rightsIn(admin), before, 'without the setting PUBLIC has all of it again')
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
