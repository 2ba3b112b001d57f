-- Every login has rights through PUBLIC that the /query role had better not have: the system catalogues, functions about settings and
-- sessions, temporary tables. In the embedded database, and where HARDEN_DATABASE asks for it, this takes them from PUBLIC and gives them to
-- one group role, db_service_catalogue: whoever is to have them again is made a member, which keeps no role from being dropped.
-- Does nothing where all is done. Database and schema need their owner, the catalogue a superuser.
create or replace function gateway.harden() returns void
language plpgsql as $$
declare
  rights record;
  partly record;
  schema_name name;
begin
  perform pg_advisory_xact_lock(70000001);
  select * into rights from gateway.own_rights();
  begin
    create role db_service_catalogue nologin;
  exception when duplicate_object or unique_violation then
    -- Another database's gateway was first.
    null;
  end;
  if rights.owns_database and has_database_privilege('public', current_database(), 'create, temporary') then
    execute format('revoke create, temporary on database %I from public', current_database());
    execute format('grant temporary on database %I to db_service_catalogue', current_database());
  end if;
  if rights.owns_public and has_schema_privilege('public', 'public', 'create, usage') then
    revoke create, usage on schema public from public;
    grant usage on schema public to db_service_catalogue;
  end if;
  foreach schema_name in array gateway.query_schemas() loop
    if gateway.open_routines(schema_name) is not null then
      execute format('revoke execute on routine %s from public', gateway.open_routines(schema_name));
      execute format('grant execute on routine %s to db_service_catalogue', gateway.public_routines(schema_name));
    end if;
  end loop;
  if rights.is_superuser and has_schema_privilege('public', 'information_schema', 'usage') then
    execute format('revoke execute on routine %s from public', gateway.open_routines('pg_catalog'));
    execute format('grant execute on routine %s to db_service_catalogue', gateway.public_routines('pg_catalog'));
    execute format('revoke all on %s from public', gateway.public_catalogues());
    execute format('grant select on %s to db_service_catalogue', gateway.public_catalogues());
    -- Another way to write `set`.
    grant update on pg_catalog.pg_settings to db_service_catalogue;
    for partly in select * from gateway.public_columns() loop
      execute format('revoke all on %s from public', partly.relation);
      execute format('grant select (%s) on %s to db_service_catalogue', partly.columns, partly.relation);
    end loop;
    revoke usage on schema information_schema from public;
    grant usage on schema information_schema to db_service_catalogue;
  end if;
  if not rights.is_superuser and not pg_has_role('db_service_catalogue', 'member') then
    execute format('grant db_service_catalogue to %I', current_user);
  end if;
exception when insufficient_privilege then
  raise exception using errcode = '42501', message = 'HARDEN_DATABASE: ' || sqlerrm;
end
$$;

-- Gives PUBLIC back what harden() took, and nothing else: what the group role has here tells.
create or replace function gateway.soften() returns void
language plpgsql as $$
declare
  rights record;
  partly record;
  schema_name name;
  catalogue constant oid := to_regrole('db_service_catalogue');
begin
  perform pg_advisory_xact_lock(70000001);
  if catalogue is null then
    return;
  end if;
  select * into rights from gateway.own_rights();
  if rights.owns_database and exists (select from pg_database d, aclexplode(d.datacl) a where d.datname = current_database() and a.grantee = catalogue) then
    execute format('grant temporary on database %I to public', current_database());
    execute format('revoke temporary on database %I from db_service_catalogue', current_database());
  end if;
  if rights.owns_public and exists (select from pg_namespace n, aclexplode(n.nspacl) a where n.nspname = 'public' and a.grantee = catalogue) then
    grant usage on schema public to public;
    revoke usage on schema public from db_service_catalogue;
  end if;
  foreach schema_name in array gateway.query_schemas() loop
    if exists (select from pg_proc p, aclexplode(p.proacl) a where p.pronamespace = schema_name::regnamespace and a.grantee = catalogue) then
      execute format('grant execute on routine %s to public', gateway.public_routines(schema_name));
      execute format('revoke execute on routine %s from db_service_catalogue', gateway.public_routines(schema_name));
    end if;
  end loop;
  if rights.is_superuser and exists (select from pg_namespace n, aclexplode(n.nspacl) a where n.nspname = 'information_schema' and a.grantee = catalogue) then
    execute format('grant execute on routine %s to public', gateway.public_routines('pg_catalog'));
    execute format('revoke execute on routine %s from db_service_catalogue', gateway.public_routines('pg_catalog'));
    execute format('grant select on %s to public', gateway.public_catalogues());
    execute format('revoke all on %s from db_service_catalogue', gateway.public_catalogues());
    grant update on pg_catalog.pg_settings to public;
    for partly in select * from gateway.public_columns() loop
      execute format('grant select (%s) on %s to public', partly.columns, partly.relation);
      execute format('revoke all on %s from db_service_catalogue', partly.relation);
    end loop;
    grant usage on schema information_schema to public;
    revoke usage on schema information_schema from db_service_catalogue;
  end if;
end
$$;

-- The shop's schemas that the roles of /query and /legacy/query come into; their functions are not for them.
create or replace function gateway.query_schemas() returns name[]
language sql immutable as $$
  select array['products', 'users']::name[]
$$;

-- What the gateway's login may grant and revoke.
create or replace function gateway.own_rights(out owns_database boolean, out owns_public boolean, out is_superuser boolean)
language sql stable as $$
  select (select pg_has_role(datdba, 'usage') from pg_database where datname = current_database()),
    coalesce((select pg_has_role(nspowner, 'usage') from pg_namespace where nspname = 'public'), false),
    current_setting('is_superuser') = 'on'
$$;

-- The routines of a schema that PUBLIC may run in a fresh database and the /query role must not, as a list for grant and revoke.
-- In the catalogue: functions that write, wait, signal, run text, or tell about the server, its settings, roles and other schemas.
-- Of the volatile ones only clocks and randomness are harmless.
create or replace function gateway.public_routines(schema_name name, open_now boolean default false) returns text
language sql as $$
  select string_agg(p.oid::regprocedure::text, ', ')
  from pg_proc p
  where p.pronamespace = (select oid from pg_namespace where nspname = schema_name)
    and (not open_now or has_function_privilege('public', p.oid, 'execute'))
    -- What initdb itself restricts stays as restricted as it is.
    and not exists (select from pg_init_privs i where i.classoid = 'pg_proc'::regclass and i.objoid = p.oid)
    and (schema_name <> 'pg_catalog'
      or p.provolatile = 'v' and p.proname not in
        ('random', 'random_normal', 'clock_timestamp', 'timeofday', 'gen_random_uuid', 'uuidv4', 'uuidv7')
      or p.proname ~ '^pg_' and p.proname not in ('pg_typeof', 'pg_column_size', 'pg_size_pretty', 'pg_size_bytes')
      or p.proname ~ '^(lo_|has_|txid_|inet_(client|server)_|acl|makeaclitem)'
      or p.proname ~ '^(to_)?reg(class|proc|oper|type|role|namespace|config|dictionary|collation|database)'
      or p.proname ~ '_to_xml'
      or p.proname in ('set_config', 'current_setting', 'version', 'format_type', 'oidvectortypes', 'col_description', 'obj_description',
        'shobj_description', 'getdatabaseencoding', 'getpgusername', 'current_schemas', 'row_security_active', 'ts_debug', 'ts_parse',
        'ts_token_type', 'get_current_ts_config', 'mxid_age'))
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
  where i.classoid = 'pg_class'::regclass and i.objsubid = 0 and c.relnamespace = 'pg_catalog'::regnamespace and a.grantee = 0
$$;
