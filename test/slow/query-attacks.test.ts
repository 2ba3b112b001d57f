import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { until } from '../checks.ts'
import { openOwnShop, refuses, userId } from '../helper.ts'
import { askOn, everything, FACES, isHealthy, PATHS, runOnLane, statusOf } from './lane.ts'

// Of the processor a statement gets what the others leave: on a busy machine all this takes long.
t.setTimeout(400_000)

/** What must become of a statement. */
type Fate = 'forbidden' | 'faulty' | 'refused'
const STATUSES: Record<Fate, number[]> = { forbidden: [403], faulty: [400], refused: [400, 403] }

/** Statements that end at once. */
const ATTACKS: Record<string, [Fate, ...string[]]> = {
  'other schemas': ['forbidden',
    'select * from users.users', 'select hashed_password from users.users', 'table orders.orders',
    'select 1 from orders.order_items limit 0', 'select * from orders.outbox',
    'select * from gateway.idempotency_keys', 'select * from gateway.definitions', 'select * from public.schemaversion',
    'select * from users.public_users',
    'select (select email_address from users.users limit 1) from products', 'select exists (select from users.users)',
    'select * from products p, lateral (select * from users.users) u',
    'with recursive r as (select 1 union all select 1 from users.users) select * from r', 'select null::users.users',
    'select row_to_json(null::users.users)',
    "select * from json_populate_record(null::users.users, '{}')", 'select users.internal_id(null)',
    'select gateway.query_role()', "select gateway.open_query_role('x')",
    'select "users"."users".* from "users"."users"'],
  'changing data': ['forbidden',
    'delete from products.products', 'update products.inventory set stock = 0',
    'insert into products.inventory values (1, 1)', 'truncate products.inventory',
    'with gone as (delete from products returning *) select * from gone',
    'with a as (insert into inventory values (2, 2) returning *), b as (select 1) select * from a, b',
    'with a as (update users.users set role = $$admin$$ returning 1) select 1',
    'merge into inventory i using products p on i.product_id = p.product_id when matched then delete',
    'select * into stolen from products', 'select * into temp stolen from products',
    'create table stolen as select * from products', 'create temp table x (a int)', 'select * from products for update',
    'select * from products for share', 'select * from products for no key update skip locked',
    'select products.add_to_count(1, 1, 1)', 'select products.count_products()'],
  commands: ['forbidden',
    'drop table products.products', 'alter role current_user superuser', 'create role mallory superuser',
    'grant all on schema users to public', 'set role postgres', 'reset role', 'set session authorization postgres',
    'set statement_timeout = 0', 'set search_path = users', 'set transaction read write', 'begin', 'commit', 'rollback',
    'end', 'savepoint a', 'show all', 'show data_directory', 'show hba_file', 'explain select * from products',
    'explain analyze delete from products', 'copy products to stdout', "copy products to program 'id'",
    "copy products from '/etc/passwd'", "copy (select 1) to '/tmp/stolen'", 'do $$begin perform 1; end$$',
    'prepare a as select 1', 'deallocate all', 'declare c cursor with hold for select 1', 'close all', 'listen x',
    "notify x, 'y'", 'unlisten *', 'vacuum', 'analyze',
    'checkpoint', 'discard all', 'lock table products', 'cluster', 'reindex schema products', "load 'plpgsql'",
    "security label on table products is 'x'", "comment on table products is 'x'",
    "create function f() returns int language sql as 'select 1'", 'create extension dblink',
    'create server s foreign data wrapper w', 'import foreign schema a from server b into c',
    'alter system set work_mem = 1',
    'create view v as select 1', 'refresh materialized view v', 'create publication p for all tables',
    "create subscription s connection '' publication p"],
  'unknown things': ['refused',
    'execute a', 'fetch all from c', 'call gateway.nothing()', "select dblink('host=127.0.0.1', 'select 1')",
    "select * from dblink_connect('x')", 'select public.set_limit(1)',
    "select public.similarity('a', 'b')", 'select * from file_fdw_handler()', "select 'a' operator(public.%) 'b'",
    'select * from pg_temp.x', 'select * from postgres.public.x', 'select * from nosuch.users'],
  'functions that wait, signal, lock, notify': ['forbidden',
    'select pg_sleep(60)', "select pg_sleep_for('1 minute')", "select pg_sleep_until('infinity')",
    'select pg_advisory_lock(1)', 'select pg_try_advisory_lock(70000001)', 'select pg_advisory_xact_lock(1, 2)',
    'select pg_advisory_unlock_all()',
    "select pg_notify('x', 'y')", 'select pg_terminate_backend(1)', 'select pg_cancel_backend(pg_backend_pid())',
    'select pg_reload_conf()', 'select pg_rotate_logfile()', 'select pg_switch_wal()',
    "select pg_logical_emit_message(false, 'a', 'b')",
    "select pg_create_restore_point('x')", "select pg_create_physical_replication_slot('x')",
    'select pg_export_snapshot()', 'select pg_stat_reset()', 'select pg_promote()',
    'select pg_log_backend_memory_contexts(1)'],
  'functions that write': ['forbidden',
    "select nextval('products.products_product_id_seq')", "select setval('products.products_product_id_seq', 1)",
    'select lastval()', 'select lo_create(0)', 'select lo_creat(-1)', "select lo_from_bytea(0, 'x')",
    'select lo_unlink(1)', "select lo_put(1, 0, 'x')",
    "select lo_import('/etc/passwd')", "select lo_export(1, '/tmp/x')", 'select setseed(0)', 'select txid_current()',
    'select pg_current_xact_id()', 'select pg_import_system_collations(0)', 'select lo_open(1, 131072)',
    'select lo_get(1)'],
  'files and the server': ['forbidden',
    "select pg_read_file('/etc/passwd')", "select pg_read_file('postgresql.conf', 0, 10)",
    "select pg_read_binary_file('/etc/passwd')", "select * from pg_ls_dir('/')", 'select * from pg_ls_logdir()',
    'select * from pg_ls_waldir()', "select pg_stat_file('/etc/passwd')",
    'select pg_current_logfile()', 'select version()', "select current_setting('data_directory')",
    "select set_config('role', 'postgres', false)", "select set_config('default_transaction_read_only', 'off', false)",
    "select set_config('search_path', 'users', true)", "select set_config('statement_timeout', '0', false)",
    'select inet_server_addr(), inet_client_addr()', 'select pg_postmaster_start_time()', 'select pg_backend_pid()',
    "select pg_database_size('postgres')",
    'select * from pg_show_all_settings()', 'select pg_conf_load_time()', 'select * from pg_control_system()',
    'select pg_is_in_recovery()', 'select current_schemas(true)', 'select pg_tablespace_location(1663)'],
  'the catalogues': ['forbidden',
    'select * from pg_catalog.pg_class', 'select rolname, rolpassword from pg_authid', 'select * from pg_shadow',
    'select * from pg_roles', 'select * from pg_user', 'select query from pg_stat_activity',
    'select * from pg_settings', 'select * from pg_hba_file_rules',
    'select * from pg_file_settings', 'select * from pg_stats', 'select * from pg_statistic', 'select * from pg_proc',
    'select prosrc from pg_proc', 'select * from pg_namespace', 'select * from pg_attribute',
    'select * from pg_database', 'select * from pg_locks',
    'select * from pg_largeobject', 'select * from pg_stat_user_tables', 'select * from pg_indexes',
    'select * from pg_views', 'select * from pg_sequences', 'select * from pg_prepared_statements',
    'select * from pg_cursors', 'select * from pg_timezone_names',
    'select * from information_schema.tables', 'select * from information_schema.columns',
    'select * from information_schema.enabled_roles', 'select * from pg_db_role_setting',
    'select * from pg_user_mappings', 'select subconninfo from pg_subscription', 'select oid from pg_subscription'],
  'functions that tell about them': ['forbidden',
    "select has_table_privilege('users.users', 'select')", "select has_schema_privilege('users', 'usage')",
    "select has_database_privilege('postgres', 'connect')", 'select pg_get_userbyid(10)', 'select pg_get_viewdef(1)',
    'select pg_get_functiondef(1)', "select pg_has_role('postgres', 'member')",
    'select format_type(16500, null)', 'select obj_description(1)', 'select col_description(1, 1)',
    'select pg_describe_object(1259, 1, 0)', 'select pg_relation_size(1259)', 'select pg_stat_get_activity(null)',
    'select * from pg_stat_get_backend_idset()', 'select pg_stat_get_numscans(1)',
    "select to_regclass('users.users')", "select to_regrole('postgres')", "select to_regproc('x')",
    "select makeaclitem(10, 10, 'SELECT', false)", "select acldefault('r', 10)", 'select aclexplode(null)',
    'select row_security_active(1)', 'select * from pg_get_keywords()', 'select pg_my_temp_schema()',
    "select pg_get_serial_sequence('products.products', 'product_id')", 'select pg_listening_channels()',
    'select pg_lock_status()', 'select pg_prepared_xact()'],
  'types that name things': ['forbidden',
    "select 'users.users'::regclass", 'select 16500::oid::regclass::text from products',
    'select n::oid::regproc from generate_series(16384, 17000) n', "select cast('postgres' as regrole)",
    'select 10::regrole', 'select regclass(16500)', "select '{16500}'::_regclass",
    'select 2200::regnamespace', 'select n::regtype from generate_series(1, 9) n', 'select U&"reg\\0063lass"(16500)',
    'select 16500::U&"\\0072egclass"', "select * from json_to_record('{\"a\":\"16500\"}') as x(a regclass)",
    'select 16500::"regclass"', "select 'postgres=r/postgres'::aclitem",
    'select u&"!0072egclass" uescape \'!\'(16500)',
    "select (json_populate_record(null::pg_catalog.pg_aggregate, '{\"aggfnoid\":\"16500\"}')).aggfnoid::text",
    'select (json_populate_record(null::"pg_prepared_statements", ' +
      "'{\"parameter_types\":[\"16500\"]}')).parameter_types::text",
    "select pg_aggregate('(16500,,,,,,,,,,,,,,,,,,,,,)')", "select '{}'::_pg_aggregate"],
  'text that is run by functions': ['forbidden',
    "select query_to_xml('select * from users.users', true, true, '')",
    "select table_to_xml('products', true, true, '')", "select schema_to_xml('users', true, true, '')",
    "select database_to_xml(true, true, '')", "select cursor_to_xml('c', 1, true, true, '')",
    "select query_to_xmlschema('select 1', true, true, '')", "select ts_stat('select 1')",
    "select * from ts_stat('select to_tsvector(hashed_password) from users.users')",
    "select ts_rewrite('a'::tsquery, 'select 1, 2')",
    "select query_to_xml_and_xmlschema('drop table products.products', true, true, '')"],
  'several statements, text that breaks out': ['refused',
    'select 1; select 2', 'select 1; drop table products.products', 'select 1;; select 2', '; select 1',
    'select 1) q; delete from products; --',
    'select 1) q limit 1) rendered) measured; drop table products.products; --', 'select 1 from (select 1',
    'select 1) union (select 2', '(select 1', 'select 1)',
    'select 1 /* open', 'select 1 */', "select 'open", 'select $$open', 'select $a$open$b$', 'select "open',
    "select E'\\'", 'select 1 /* /* */', 'select 1 -- \n; select 2', "select '\\'; drop table products.products; --'",
    'select 1 \\; select 2', 'select 1 union', 'select 1;\u00a0select 2', '\ufeffselect 1; select 2',
    'begin; select 1; commit', "select 1'; select 2", 'select 1 as q) q; select (1',
    'commit; drop table products.products', "select U&'\\0027; select 1' uescape", 'select row from rendered',
    'select $1, $2, $3, $4', 'select $4::text'],
  faults: [
    'faulty', "select 'x'::int", 'select 1/0', "select repeat('9', 200000)::numeric",
    "select ('1' || repeat('0', 131073))::numeric",
    "select 'x' ~ '(a{0,255}){0,255}'", "select '{'::json",
    `select ${'('.repeat(40_000)}1${')'.repeat(40_000)}`, `select '${'['.repeat(50_000)}'::json`,
    `select ${'- '.repeat(49_000)}1`,
    "select xmlparse(document '<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\"><x>&e;</x>')",
    "select '2026-02-30'::date", 'select array_fill(1, array[200000000])', "select lpad('', 2000000000)",
    'select $65535', 'select $100000', 'select 1 limit -1'
  ]
}

/**
 * Who may read a few columns of users.users besides learns how many there are, and what the columns are called, which
 * no right keeps secret.
 */
const ANSWERED_ON_LEGACY = [
  'select exists (select from users.users)',
  'with recursive r as (select 1 union all select 1 from users.users) select * from r',
  'select null::users.users', 'select row_to_json(null::users.users)',
  "select * from json_populate_record(null::users.users, '{}')"
]

/** What else of the users must not be had there. */
const OTHER_COLUMNS = [
  'select * from users.users', 'table users.users', 'select u from users.users u',
  'select to_jsonb(u) from users.users u', 'select (u).first_name from users.users u',
  'select count(u) from users.users u',
  'select u.* from users.users u', 'select ctid from users.users', 'select xmin from users.users',
  'select tableoid from users.users', 'select id from users.users order by hashed_password',
  "select id from users.users where hashed_password like '$argon2%'",
  "select first_name from users.users where email_address = 'user1@example.com'",
  'select count(hashed_password) from users.users',
  'select 1 from users.users group by email_address', 'select max(role) from users.users',
  'select a.id from users.users a join users.users b using (email_address)',
  'select a.id from users.users a natural join users.users b',
  'select id from users.users u where exists (select from orders.orders o where o.user_id = u.id)',
  'select id from users.users for share', 'select user_id from users.public_users',
  "update users.users set first_name = 'x'",
  'with gone as (delete from users.users returning id) select * from gone', 'select users.names_of(null)',
  'select users.id_of(null)', "select users.update_user(null, '{}', null)", 'select users.is_loaded(null)',
  'select users.next_reminder_time(now(), 1, now())', 'select users.ensure_caller(null)',
  "select nextval('users.users_id_seq')", 'select * from legacy.carts'
]

for (const face of FACES) {
  t.test(`what must not be done on ${PATHS[face]} is not`, { timeout: 200_000 }, async (t) => {
    const shop = await openOwnShop(t, { HARDEN_DATABASE: 'true' })
    const before = await everything(shop)
    let number = 0
    for (const [kind, [fate, ...statements]] of Object.entries({
      ...ATTACKS, 'other columns of users': ['forbidden', ...OTHER_COLUMNS] as [Fate, ...string[]]
    })) {
      await t.test(kind, async (t) => {
        for (const statement of statements) {
          const answer = await askOn(face, shop, statement)
          const [status, { text }] = [statusOf(answer), answer]
          t.notMatch(text, /argon2|user1@example|SCRAM|root:/)
          if (face === 'legacy' && ANSWERED_ON_LEGACY.includes(statement)) continue
          t.ok(STATUSES[fate].includes(status),
            `${status} ${statement.slice(0, 150)}: ${status === STATUSES[fate][0] ? '' : text.slice(0, 300)}`)
          // The words the gateway itself refuses are one thing; the database enforces all the rest without them.
          if (fate === 'forbidden' && kind !== 'types that name things') {
            await t.rejects(runOnLane(face, shop, statement), { code: 'QUERY_FORBIDDEN' }, statement)
          }
          number++
        }
        // A session that was ended is gone a moment later.
        await until(async () => isDeepStrictEqual(await everything(shop), before), 'no trace', 10).catch(() => {})
        t.same(await everything(shop), before, 'and leaves no trace')
      })
    }
    t.ok(number >= 90, `${number} statements`)
    await isHealthy(t, shop)
  })
}

t.test('who a user is can be read on /legacy/query alone', async (t) => {
  const shop = await openOwnShop(t)
  const sql = 'select id, external_user_id, first_name, last_name from users.users where external_user_id = $1'
  const ask = async (path: string) => await shop.call('POST', path, { sql, params: [userId(1)] })
  const expected = [{ id: 1, external_user_id: userId(1), first_name: 'User', last_name: 'No1' }]
  // The second time it is known what the text is.
  for (let time = 1; time <= 2; time++) t.match((await ask('/legacy/query')).json, { success: true, data: expected })
  for (let time = 1; time <= 2; time++) refuses(t, await ask('/query'), 403, 'QUERY_FORBIDDEN')
  await shop.sql.unsafe('grant select (email_address) on users.users to public')
  const open = await openOwnShop(t, { DATABASE_URL: shop.url })
  const answer = await open.call('POST', '/legacy/query', { sql: 'select 1 as x' })
  t.match(answer, { status: 503, json: { code: 'QUERY_NOT_SET_UP' } }, 'a login that may do more is not used')
})
