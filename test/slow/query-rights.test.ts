import { randomBytes } from 'node:crypto'
import { Writable } from 'node:stream'
import postgres, { type Sql } from 'postgres'
import t, { type Test } from 'tap'
import { until } from '../checks.ts'
import { dropRole, freshDatabase, openOwnShop, openShop, refuses } from '../helper.ts'
import { databaseUrl } from '../server.ts'
import { ask } from '../routes/query/ask.ts'

// A gateway is started for each case.
t.setTimeout(300_000)

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
    await admin.end({ timeout: 5 })
    await dropRole(url, role)
  })
  return { url, admin, role }
}

/**
 * Rejects where it never can. The test of an older release gives all roles rights in its own database for a moment, as
 * that did.
 */
async function canBeDropped (admin: Sql, role: string): Promise<void> {
  await until(async () => await admin.unsafe(`drop role ${role}`).then(() => true, () => false), 'a role is dropped')
}

t.test('on a database that is not its own a superuser’s gateway grants and revokes nothing of others', async (t) => {
  const { url, admin, role } = await foreign(t)
  const before = await rightsIn(admin)
  const lines: string[] = []
  const stream = new Writable({ write (chunk, _encoding, done) { lines.push(String(chunk)); done() } })
  const shop = await openOwnShop(t, { DATABASE_URL: url, LOG_LEVEL: 'warn' }, stream)
  t.strictSame(await rightsIn(admin), before)
  t.match(lines.join(''), /reads the system catalogues.*HARDEN_DATABASE=true/, 'the log says what stays open')
  t.same(await mayOf(admin)(role), { catalogue: true, settings: true, files: false, temporary: true })
  await canBeDropped(admin, role)
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
  await canBeDropped(admin, role)
  const hardened = await rightsIn(admin)
  await openShop(t, { DATABASE_URL: url, HARDEN_DATABASE: 'true' })
  t.strictSame(await rightsIn(admin), hardened, 'a second time changes nothing')
  await openShop(t, { DATABASE_URL: url })
  t.strictSame(await rightsIn(admin), before, 'without the setting PUBLIC has all of it again')
})
