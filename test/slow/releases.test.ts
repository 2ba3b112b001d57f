import { readFile } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import postgres, { type Sql } from 'postgres'
import t from 'tap'
import { migrate, schemaVersion } from '../../database/migration/index.ts'
import { freshDatabase, openOwnShop } from '../helper.ts'
import { schemaOf } from '../schema.ts'
import { connect, copyOfSql } from '../sql/copy.ts'
import { databaseUrl, dropDatabase, findTestServer } from '../server.ts'

t.setTimeout(120_000)

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
  const shop = await openOwnShop(t)
  t.strictSame(await publicRights(sql), await publicRights(shop.sql))
  t.strictSame(await schemaOf(sql), await schemaOf(shop.sql))
  const upgraded = await openOwnShop(t, { DATABASE_URL: url })
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
  await openOwnShop(t, { DATABASE_URL: url })
  t.strictSame(await schemaOf(sql), before, 'nor does its start')
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
