-- What a role may do beyond reading the schema products, and that of /legacy/query beyond a few columns of users.
-- `tolerable`: it comes from PUBLIC, in a place that belongs to the server and not to the gateway, and leads to
-- nobody's data; /query runs all the same, and the start log names it.
create or replace function gateway.query_role_rights(role name) returns table (what text, tolerable boolean)
language sql stable as $$
  with it as (select * from pg_roles where rolname = role),
  -- Objects that another role cannot reach without the schema they are in.
  reachable as (
    select n.oid, n.nspname from pg_namespace n, it
    where has_schema_privilege(it.oid, n.oid, 'usage')
      and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
  ),
  relations as (
    select c.oid, c.oid::regclass::text as name, c.relkind, n.nspname
    from pg_class c join reachable n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
  )
  select 'is no role of this database', false where not exists (select from it)
  union all
  select 'is a superuser, creates roles or databases, replicates, or bypasses row security', false
  from it where rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls
  union all
  select 'is a member of ' || m.roleid::regrole, false from it join pg_auth_members m on m.member = it.oid
  union all
  select 'owns objects', false from it where exists (
    select from pg_shdepend d where d.refclassid = 'pg_authid'::regclass and d.refobjid = it.oid and d.deptype = 'o')
  union all
  select 'reads ' || r.name, false from it, relations r
  where (r.nspname <> 'products' or r.oid = 'products.stock_movements'::regclass) and r.relkind <> 'S'
    and has_any_column_privilege(it.oid, r.oid, 'select')
    and (r.oid <> 'users.users'::regclass or it.rolname <> gateway.legacy_query_role())
  union all
  select 'reads ' || c.attname || ' of users.users', false from it, pg_attribute c
  where it.rolname = gateway.legacy_query_role() and c.attrelid = 'users.users'::regclass and not c.attisdropped
    and c.attname <> all (gateway.legacy_query_columns())
    and has_column_privilege(it.oid, c.attrelid, c.attnum, 'select')
  union all
  select 'writes to ' || r.name, false from it, relations r
  where case when r.relkind = 'S' then has_sequence_privilege(it.oid, r.oid, 'usage, update, select')
    else has_table_privilege(it.oid, r.oid, 'insert, update, delete, truncate, references, trigger')
      or has_any_column_privilege(it.oid, r.oid, 'insert, update, references') end
  union all
  -- In a read-only transaction that is always rolled back, nothing comes of it.
  select 'creates objects in schema ' || n.nspname, has_schema_privilege('public', n.oid, 'create')
  from it, pg_namespace n where has_schema_privilege(it.oid, n.oid, 'create')
  union all
  select 'creates schemas', false from it where has_database_privilege(it.oid, current_database(), 'create')
  union all
  select 'runs ' || p.oid::regprocedure || ' as its owner', false
  from it, pg_proc p join reachable n on n.oid = p.pronamespace
  where p.prosecdef and has_function_privilege(it.oid, p.oid, 'execute')
  union all
  -- In other languages a function can do no more than the role. Those of extensions that PostgreSQL trusts are made for
  -- everybody. Which these are stands in files of the server, which takes 24 ms to read: not for the gateway's own.
  select 'runs ' || p.oid::regprocedure, exists (
    select from pg_depend d join pg_extension e on e.oid = d.refobjid
    where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
      and case when e.extname in ('pg_trgm', 'unaccent') then true else exists (
        select from pg_available_extension_versions v
        where v.name = e.extname and v.version = e.extversion and v.trusted) end)
  from it, pg_proc p join reachable n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
  where p.provolatile = 'v' and not p.prosecdef and not l.lanpltrusted and l.lanname <> 'sql'
    and has_function_privilege(it.oid, p.oid, 'execute')
  union all
  select 'runs ' || p.oid::regprocedure || ', which is not everybody''s', false
  from it, pg_proc p
  -- Where nobody has granted anything, it is everybody's.
  where p.pronamespace = 'pg_catalog'::regnamespace and p.proacl is not null
    and has_function_privilege(it.oid, p.oid, 'execute') and not has_function_privilege('public', p.oid, 'execute')
  union all
  select 'makes temporary tables (which end with the statement)',
    has_database_privilege('public', current_database(), 'temporary')
  from it where has_database_privilege(it.oid, current_database(), 'temporary')
  union all
  select 'runs functions about settings, sessions and roles', true where exists (
    select from gateway.find_public_routines('pg_catalog') r where has_function_privilege('public', r, 'execute'))
  union all
  select 'reads the system catalogues', true from it where has_table_privilege(it.oid, 'pg_catalog.pg_class', 'select')
$$;
