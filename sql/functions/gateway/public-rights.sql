-- Every login has rights through PUBLIC that the /query role must not have. This takes them from PUBLIC and gives them to every other
-- role there is, so that nobody else loses anything. Runs at each migrate, and does nothing where all is done. Database and schema
-- need their owner, the catalogue a superuser; what stays open is told by gateway.query_role_rights.
create or replace function gateway.withdraw_public_rights() returns void
language plpgsql as $$
declare
  owns_database constant boolean := (
    select pg_has_role(datdba, 'usage') from pg_database where datname = current_database());
  owns_public constant boolean := coalesce((
    select pg_has_role(nspowner, 'usage') from pg_namespace where nspname = 'public'), false);
  is_superuser constant boolean := current_setting('is_superuser') = 'on';
  other name;
begin
  if owns_database and has_database_privilege('public', current_database(), 'create, temporary') then
    execute format('revoke create, temporary on database %I from public', current_database());
  end if;
  if owns_public and has_schema_privilege('public', 'public', 'create, usage') then
    revoke create, usage on schema public from public;
  end if;
  if gateway.open_routines('products') is not null then
    execute format('revoke execute on routine %s from public', gateway.open_routines('products'));
  end if;
  if is_superuser and has_schema_privilege('public', 'information_schema', 'usage') then
    execute format('revoke execute on routine %s from public', gateway.open_routines('pg_catalog'));
    execute format('revoke all on %s from public', gateway.public_catalogues());
    revoke usage on schema information_schema from public;
  end if;

  for other in
    select rolname from pg_roles
    where rolname !~ '^pg_' and not starts_with(rolname, gateway.query_role_prefix()) and not rolsuper
      and rolname not in (select role from gateway.query_roles)
  loop
    begin
      if owns_database and not has_database_privilege(other, current_database(), 'temporary') then
        execute format('grant temporary on database %I to %I', current_database(), other);
      end if;
      if owns_public and not has_schema_privilege(other, 'public', 'usage') then
        execute format('grant usage on schema public to %I', other);
      end if;
      if is_superuser and not has_schema_privilege(other, 'information_schema', 'usage') then
        execute format('grant execute on routine %s to %I', gateway.public_routines('pg_catalog'), other);
        execute format('grant select on %s to %I', gateway.public_catalogues(), other);
        execute format('grant usage on schema information_schema to %I', other);
      end if;
    exception when undefined_object then
      -- Dropped in the meantime.
      null;
    end;
  end loop;
end
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

-- The tables and views of the catalogue that PUBLIC may read in a fresh database, as a list for grant and revoke.
create or replace function gateway.public_catalogues() returns text
language sql as $$
  select string_agg(distinct i.objoid::regclass::text, ', ')
  from pg_init_privs i join pg_class c on c.oid = i.objoid, aclexplode(i.initprivs) a
  where i.classoid = 'pg_class'::regclass and c.relnamespace = 'pg_catalog'::regnamespace and a.grantee = 0
$$;
