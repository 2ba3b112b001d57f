-- The shop's schemas that the roles of /query and /legacy/query come into; their functions are not for them.
create or replace function gateway.query_schemas() returns name[]
language sql immutable as $$
  select array['products', 'users']::name[]
$$;

-- The routines of a schema that PUBLIC may run in a fresh database and the /query role must not. In the catalogue:
-- functions that write, wait, signal, run text, or tell about the server, its settings, roles and other schemas. Of the
-- volatile ones only clocks and randomness are harmless.
create or replace function gateway.find_public_routines(schema_name name) returns setof oid
language sql stable as $$
  select p.oid
  from pg_proc p
  where p.pronamespace = (select oid from pg_namespace where nspname = schema_name)
    -- What initdb itself restricts stays as restricted as it is.
    and not exists (select from pg_init_privs i where i.classoid = 'pg_proc'::regclass and i.objoid = p.oid)
    and (schema_name <> 'pg_catalog'
      or p.provolatile = 'v' and p.proname not in
        ('random', 'random_normal', 'clock_timestamp', 'timeofday', 'gen_random_uuid', 'uuidv4', 'uuidv7')
      or p.proname ~ '^pg_' and p.proname not in ('pg_typeof', 'pg_column_size', 'pg_size_pretty', 'pg_size_bytes')
      or p.proname ~ '^(lo_|has_|txid_|inet_(client|server)_|acl|makeaclitem)'
      or p.proname ~ '^(to_)?reg(class|proc|oper|type|role|namespace|config|dictionary|collation|database)'
      or p.proname ~ '_to_xml'
      or p.proname in ('set_config', 'current_setting', 'version', 'format_type', 'oidvectortypes', 'col_description',
        'obj_description', 'shobj_description', 'getdatabaseencoding', 'getpgusername', 'current_schemas',
        'row_security_active', 'ts_debug', 'ts_parse', 'ts_token_type', 'get_current_ts_config', 'mxid_age'))
$$;

-- All of them, or those that PUBLIC may run today, as a list for grant and revoke.
create or replace function gateway.public_routines(schema_name name, open_now boolean default false) returns text
language sql as $$
  select string_agg(r::regprocedure::text, ', ')
  from gateway.find_public_routines(schema_name) r
  where not open_now or has_function_privilege('public', r, 'execute')
$$;

-- Those of them that PUBLIC may run today; null for none.
create or replace function gateway.open_routines(schema_name name) returns text
language sql as $$
  select gateway.public_routines(schema_name, true)
$$;

-- Those of which it may read some columns only (pg_subscription), likewise; the columns for `grant select (…)`.
create or replace function gateway.public_columns() returns table (relation regclass, columns text)
language sql as $$
  select i.objoid::regclass, string_agg(quote_ident(c.attname), ', ' order by c.attnum)
  from pg_init_privs i join pg_attribute c on c.attrelid = i.objoid and c.attnum = i.objsubid, aclexplode(i.initprivs) a
  where i.classoid = 'pg_class'::regclass and i.objsubid > 0 and a.grantee = 0
  group by 1
$$;

-- The tables and views of the catalogue that PUBLIC may read in a fresh database, as a list for grant and revoke.
create or replace function gateway.public_catalogues() returns text
language sql as $$
  select string_agg(distinct i.objoid::regclass::text, ', ')
  from pg_init_privs i join pg_class c on c.oid = i.objoid, aclexplode(i.initprivs) a
  where i.classoid = 'pg_class'::regclass and i.objsubid = 0 and c.relnamespace = 'pg_catalog'::regnamespace
    and a.grantee = 0
$$;
