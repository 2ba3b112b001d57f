import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Sql } from 'postgres'
import t from 'tap'
import { migrate, schemaVersion } from '../../database/migration/index.ts'
import { dropRole, freshDatabase, openShop, userId } from '../helper.ts'
import { schemaOf } from '../schema.ts'
import { connect, copyOfSql } from '../sql/copy.ts'

t.setTimeout(120_000)

const names = async (sql: Sql, pattern: string) => (await sql<{ name: string }[]>`
  select name from gateway.defined_objects where name like ${pattern} order by 1`).map(({ name }) => name)

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
  t.teardown(async () => await dropRole(url, reader))
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
