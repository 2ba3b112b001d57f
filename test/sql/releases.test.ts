import { readFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import postgres, { type Sql } from 'postgres'
import t from 'tap'
import { digestOf, migrate, schemaVersion } from '../../database/migration/index.ts'
import { freshDatabase, openShop, userId } from '../helper.ts'
import { schemaOf } from '../schema.ts'
import { connect, copyOfSql } from './copy.ts'
import { databaseUrl, dropDatabase, findTestServer } from '../server.ts'

const root = join(import.meta.dirname, '../../sql')

t.setTimeout(120_000)

const names = async (sql: Sql, pattern: string) => (await sql<{ name: string }[]>`
  select name from gateway.defined_objects where name like ${pattern} order by 1`).map(({ name }) => name)

t.test('sql/version has the digest of what it numbers', async (t) => {
  const [number, digest] = (await readFile(join(root, 'version'), 'utf8')).split('\n')
  t.match(number, /^\d+$/)
  t.equal(digest, await digestOf(), 'else run: npx node scripts/schema-version.ts')
})

t.test('the schema of release 1.0 becomes what a new database has', async (t) => {
  const { url: server, stop } = await findTestServer()
  const name = `test_old_${randomBytes(6).toString('hex')}`
  const admin = postgres(databaseUrl(server, 'postgres'), { max: 1, onnotice: () => {} })
  await admin.unsafe(`create database ${name} template template0`)
  t.teardown(async () => {
    await dropDatabase(admin, name)
    await admin.end({ timeout: 5 })
    await stop()
  })
  const url = databaseUrl(server, name)
  const filler = postgres(url, { max: 1, onnotice: () => {} })
  await filler.unsafe(gunzipSync(await readFile(join(import.meta.dirname, '../fixtures/schema-1.0.sql.gz'))).toString())
    .simple()
  await filler.end()
  const sql = connect(t, url)
  // What its gateways did at each start.
  const role = `reader_${randomBytes(6).toString('hex')}`
  await sql.unsafe(`create role ${role}`)
  t.teardown(async () => { await admin.unsafe(`drop role if exists ${role}`) })
  await sql`select gateway.withdraw_public_rights()`
  await t.rejects(sql.unsafe(`drop role ${role}`), { code: '2BP01' }, 'where no role could be dropped')
  await sql`insert into users.users (first_name, last_name, email_address, hashed_password) values ('Old', 'Customer',
    'old@example.com', 'x')`
  await migrate(sql)
  await sql.unsafe(`drop role ${role}`)
  await sql.unsafe(`create role ${role}`)
  t.same((await sql`select has_table_privilege(${role}, 'pg_class', 'select')
    as catalogue, has_function_privilege(${role}, 'set_config(text, text, boolean)', 'execute') as settings,
    has_schema_privilege(${role}, 'information_schema', 'usage') as information, has_database_privilege(${role},
    current_database(), 'temporary') as temporary`)[0],
  { catalogue: true, settings: true, information: true, temporary: true },
  'now they can, and PUBLIC has again what was taken')
  const publicRights = async (sql: Sql) => (await sql`
    select (select array_agg(oid::regclass || ' ' || a.privilege_type order by oid::regclass::text || a.privilege_type)
    from pg_class, aclexplode(relacl) a where relnamespace = 'pg_catalog'::regnamespace and grantee = 0) as tables,
      (select array_agg(attrelid::regclass || attname order by attrelid::regclass::text || attname)
      from pg_attribute, aclexplode(attacl) a where grantee = 0) as columns,
      (select array_agg(oid::regprocedure::text order by oid::regprocedure::text) from pg_proc
        where pronamespace = 'pg_catalog'::regnamespace and has_function_privilege('public', oid, 'execute'))
        as routines`)[0]
  const shop = await openShop(t)
  t.strictSame(await publicRights(sql), await publicRights(shop.sql))
  t.strictSame(await schemaOf(sql), await schemaOf(shop.sql))
  const upgraded = await openShop(t, { DATABASE_URL: url })
  t.equal((await upgraded.call('GET', '/users?q=old@example.com')).json.total, 1, 'with its rows')
})

t.test('an older gateway changes nothing of a newer one’s', async (t) => {
  const url = await freshDatabase(t)
  const sql = connect(t, url)
  const newer = await copyOfSql(t)
  await newer.edit('users/functions/id-of.sql', '$$;', '  -- newer\n$$;')
  await newer.write('users/functions/added.sql',
    'create function users.added() returns int language sql as $$ select 1 $$;')
  await newer.release(await schemaVersion() + 1)
  await migrate(sql, newer.folder)
  const before = await schemaOf(sql)
  await migrate(sql)
  t.strictSame(await schemaOf(sql), before)
  await openShop(t, { DATABASE_URL: url })
  t.strictSame(await schemaOf(sql), before, 'nor does its start')
})

t.test('what is gone from the files', async (t) => {
  const sql = connect(t, await freshDatabase(t))
  const version = await schemaVersion()
  const first = await copyOfSql(t)
  await first.write('users/functions/two.sql', `
    create or replace function users.two(a int) returns int language sql as $$ select a $$;
    create or replace function users.two_trigger() returns trigger language plpgsql as $$ begin return new; end $$;
    create or replace trigger users_two before insert on users.users
      for each row execute function users.two_trigger();`)
  await first.write('two/views.sql', 'create or replace view users.two_view as select 1 as a;')
  await first.release(version + 1)
  await migrate(sql, first.folder)
  await sql`create function users.two_of_others() returns int language sql as 'select 1'`
  t.strictSame(await names(sql, '%two%'), [
    'users.two(pg_catalog.int4)', 'users.two_of_others()', 'users.two_trigger()', 'users.two_view',
    'users_two on users.users'
  ])

  await first.write('users/functions/two.sql',
    'create or replace function users.two(a text) returns text language sql as $$ select a $$;')
  await first.remove('two/views.sql')
  await first.release(version + 2)
  await migrate(sql, first.folder)
  t.strictSame(await names(sql, '%two%'),
    [
      'users.two(pg_catalog.int4)', 'users.two(pg_catalog.text)', 'users.two_of_others()', 'users.two_trigger()',
      'users.two_view'
    ],
    'a trigger is dropped at once; the rest is there for the release before')
  t.strictSame([...await sql`select users.two(1) as int, users.two('x') as text, a from users.two_view`], [
    { int: 1, text: 'x', a: 1 }
  ])
  await migrate(sql, first.folder)
  t.equal((await names(sql, '%two%')).length, 5, 'however often it starts')

  await first.release(version + 3)
  await sql`create view public.of_others as select * from users.two_view`
  await migrate(sql, first.folder)
  t.strictSame(await names(sql, '%two%'), ['users.two(pg_catalog.text)', 'users.two_of_others()', 'users.two_view'],
    'and dropped with the next, but for what others use')
  await sql`drop view public.of_others`
  await first.release(version + 4)
  await migrate(sql, first.folder)
  t.strictSame(await names(sql, '%two%'), ['users.two(pg_catalog.text)', 'users.two_of_others()'],
    'until they do no longer')
})

t.test('a view with other columns, and a function with another result', async (t) => {
  const url = await freshDatabase(t)
  const sql = connect(t, url)
  const reader = `reader_${randomBytes(6).toString('hex')}`
  await sql.unsafe(`create role ${reader}`)
  t.teardown(async () => {
    const admin = postgres(url, { max: 1, onnotice: () => {} })
    await admin.unsafe(`drop owned by ${reader}; drop role ${reader}`).simple()
    await admin.end()
  })
  await sql.unsafe(`grant select on orders.storefront_documents, users.managed_users to ${reader}`)
  const newer = await copyOfSql(t)
  await newer.edit('orders/views.sql', 'select o.id as order_id,', 'select 1 as added, o.id as order_id,')
  await newer.edit('users/views.sql', 'select u.id,', 'select users.added(1) as added, u.id,')
  await newer.write('users/functions/added.sql',
    'create or replace function users.added(a int) returns int language sql as $$ select a $$;')
  await newer.write('a/views.sql', 'create or replace view users.a_view as select added from users.managed_users;')
  await newer.release(await schemaVersion() + 1)
  await migrate(sql, newer.folder)
  const [row] =
    await sql`select (select count(*)::int from orders.storefront_documents where added = 2)
      as n, has_table_privilege(${reader}, 'orders.storefront_documents', 'select') as may,
    has_table_privilege(${reader}, 'users.managed_users', 'select') as may_too`
  t.strictSame(row, { n: 0, may: true, may_too: true },
    'are made anew with what depends on them, in whatever order, and others keep their rights')
  await sql`insert into users.users (first_name, last_name, email_address) values ('a', 'b', 'c@example.com')`
  const shop = await openShop(t, { DATABASE_URL: url })
  t.equal((await shop.call('POST', '/orders', { user_id: userId(1), items: [{ product_id: 1 }] })).status, 201,
    'the older gateway goes on')
  t.equal(
    (await shop.call('GET', '/api/orders/all', undefined, {
      'x-user-id': userId(1), 'x-user-email': 'a@example.com', 'x-user-role': 'admin'
    })).status,
    200
  )

  await newer.edit('users/functions/added.sql', 'returns int', 'returns bigint')
  await newer.release(await schemaVersion() + 2)
  await migrate(sql, newer.folder)
  t.strictSame([...await sql`select pg_typeof(added)::text as type from users.a_view limit 1`], [{ type: 'bigint' }])

  await sql`create view public.of_others as select added from users.managed_users`
  await newer.edit('users/functions/added.sql', 'returns bigint', 'returns text')
  await newer.edit('users/functions/added.sql', 'select a', 'select a::text')
  await newer.release(await schemaVersion() + 3)
  const before = await schemaOf(sql)
  await t.rejects(migrate(sql, newer.folder), { message: /users\/functions\/added\.sql.*of_others/ },
    'what others made of them is named, and stays')
  t.strictSame(await schemaOf(sql), before)
})

/** When each object was written last: what is made anew, or replaced, was written since. */
const written = async (sql: Sql) => Object.fromEntries((await sql<{ thing: string, written: string }[]>`
  select kind || ' ' || name as thing, written from gateway.defined_objects`).map((row) => [row.thing, row.written]))

t.test('what moves from file to file', async (t) => {
  const sql = connect(t, await freshDatabase(t))
  const before = await written(sql)
  const newer = await copyOfSql(t)
  await newer.move('users/functions/id-of.sql', 'carts/functions/whose.sql')
  await newer.move('orders/views.sql', 'documents/views.sql')
  await newer.move('users/triggers.sql', 'persons/triggers.sql')
  await newer.release(await schemaVersion() + 1)
  await migrate(sql, newer.folder)
  t.strictSame(await written(sql), before, 'is left alone where the file has another name only')
  const filesOf = async (pattern: string) =>
    (await sql`select distinct file from gateway.objects where name like ${pattern} and retired_in is null
          order by 1`).map(({ file }) => file)
  t.strictSame(await filesOf('users.id_of(%'), ['carts/functions/whose.sql'], 'and belongs to that')
  t.strictSame(await filesOf('users_touch on %'), ['persons/triggers.sql'])

  // Two views of one file: only one of them has other columns, and is in another file as well.
  const text = await readFile(join(newer.folder, 'users/views.sql'), 'utf8')
  const at = text.indexOf('create or replace view users.managed_users')
  const end = text.indexOf(';', at) + 1
  await newer.write('users/views.sql', text.slice(0, at) + text.slice(end))
  await newer.write('more/views.sql', `${text.slice(at, end).replace('select u.id,', 'select 1 as added, u.id,')}
create or replace view users.more as select 1 as one;
`)
  await newer.release(await schemaVersion() + 2)
  const oid = async (view: string) => (await sql`select ${view}::regclass::oid::int as oid`)[0]!.oid
  const [publicUsers, managedUsers] = [await oid('users.public_users'), await oid('users.managed_users')]
  await migrate(sql, newer.folder)
  t.equal(await oid('users.public_users'), publicUsers,
    'a view that has not changed is not made anew with its neighbours')
  t.not(await oid('users.managed_users'), managedUsers)
  t.strictSame([...await sql`select added, one from users.managed_users right join users.more on true limit 1`],
    [{ added: 1, one: 1 }], 'one that has is')
  t.strictSame(await filesOf('users.managed_users'), ['more/views.sql'])
  t.strictSame((await sql`select name from gateway.objects where retired_in is not null`).map(({ name }) => name), [],
    'and nothing is taken for gone')
})

t.test('a fault names its file and leaves nothing behind', async (t) => {
  const sql = connect(t, await freshDatabase(t))
  const before = await schemaOf(sql)
  const faults: [string, string, RegExp][] = [
    [
      'migrations/0900.do.faulty.sql', 'create table users.x (a int); create table users.x (a int);',
      /sql\/migrations\/0900\.do\.faulty\.sql: relation "x" already exists/
    ],
    [
      'faulty/views.sql', 'create view users.x as select nothing;',
      /sql\/faulty\/views\.sql: column "nothing" does not exist/
    ],
    [
      'users/functions/faulty.sql', 'create function users.x() returns int language sql as $$ select 1; $$; selec',
      /sql\/users\/functions\/faulty\.sql: syntax error/
    ]
  ]
  for (const [file, text, message] of faults) {
    const newer = await copyOfSql(t)
    await newer.write('migrations/0899.do.before.sql', 'create table users.before_fault (a int);')
    await newer.write('users/functions/before.sql',
      'create function users.before_fault() returns int language sql as $$ select 1 $$;')
    await newer.write(file, text)
    await newer.release(await schemaVersion() + 1)
    await t.rejects(migrate(sql, newer.folder), { message })
    t.strictSame(await schemaOf(sql), before, file)
  }
})

t.test('migrating does not wait at the head of a queue', async (t) => {
  const url = await freshDatabase(t)
  const sql = connect(t, url)
  const newer = await copyOfSql(t)
  await newer.write('migrations/0900.do.column.sql', 'alter table products.inventory add column added int;')
  await newer.release(await schemaVersion() + 1)
  const other = postgres(url, { max: 3, onnotice: () => {} })
  t.teardown(async () => await other.end({ timeout: 5 }))
  let migrated: Promise<void>
  await other.begin(async (holder) => {
    await holder`select from products.inventory`
    migrated = migrate(sql, newer.folder)
    const isWaiting = async () =>
      (await other`select from pg_locks where not granted and relation = 'products.inventory'::regclass`).length > 0
    while (!await isWaiting()) await new Promise((resolve) => setTimeout(resolve, 10))
    // Behind the migration, which gives up before this one's time is over.
    t.equal((await other`select from products.inventory`).length,
      (await holder`select from products.inventory`).length, 'readers get through')
  })
  await migrated!
  t.strictSame([...await sql`select count(added)::int as n from products.inventory`], [{ n: 0 }],
    'and it is tried again')
})

t.test('a connection that is lost leaves nothing behind', async (t) => {
  const url = await freshDatabase(t)
  const sql = connect(t, url)
  const before = await schemaOf(connect(t, url))
  const newer = await copyOfSql(t)
  await newer.write('users/functions/lost.sql',
    'create function users.lost() returns int language sql as $$ select 1 $$; select ' +
      'pg_terminate_backend(pg_backend_pid());')
  await newer.release(await schemaVersion() + 1)
  await t.rejects(migrate(sql, newer.folder))
  const second = connect(t, url)
  t.strictSame(await schemaOf(second), before)
  await migrate(second)
  t.pass('and the lock is free')
})
