-- Roles belong to the server, databases are many: each has a /query role of its own, named after it.
create or replace function gateway.query_role_prefix() returns text
language sql immutable as $$
  select 'db_service_query_'
$$;

create or replace function gateway.query_role() returns name
language sql stable as $$
  select (gateway.query_role_prefix() || case
    -- An identifier holds 63 bytes.
    when octet_length(gateway.query_role_prefix() || current_database()) <= 63 then current_database()
    else md5(current_database())
  end)::name
$$;

-- Makes the login that runs what callers of /query write, or brings it up to date, and returns its name. It may read the schema
-- products and nothing else; reading, time, waiting and memory are bounded. Under the lock of the migrations, so that gateways
-- that start at once take turns.
create or replace function gateway.open_query_role(password text) returns name
language plpgsql as $$
declare
  role constant name := gateway.query_role();
begin
  perform pg_advisory_xact_lock(70000001);
  if not exists (select from pg_roles where rolname = role) then
    execute format('create role %I', role);
  end if;
  -- Two connections for each of ten gateways.
  execute format('alter role %I login noinherit connection limit 20 password %L', role, password);
  execute format('alter role %I set default_transaction_read_only = on', role);
  execute format('alter role %I set statement_timeout = %L', role, '5s');
  execute format('alter role %I set lock_timeout = %L', role, '1s');
  execute format('alter role %I set idle_in_transaction_session_timeout = %L', role, '10s');
  execute format('alter role %I set work_mem = %L', role, '8MB');
  execute format('alter role %I set hash_mem_multiplier = 1', role);
  execute format('alter role %I set max_parallel_workers_per_gather = 0', role);
  execute format('alter role %I set jit = off', role);
  execute format('alter role %I set search_path = products', role);
  begin
    execute format('alter role %I set temp_file_limit = %L', role, '256MB');
    -- An error can repeat a value of 500 MB, which the server's log need not: the caller is told, and the audit line says which it was.
    execute format('alter role %I set log_min_messages = fatal', role);
    execute format('alter role %I set log_min_error_statement = panic', role);
  exception when insufficient_privilege then
    -- A superuser's to set.
    null;
  end;
  perform gateway.grant_catalogue(role);
  return role;
end
$$;

-- Lets a role read the shop's catalogue: the tables and views of schema products. Writes nothing where it may already.
create or replace function gateway.grant_catalogue(role name) returns void
language plpgsql as $$
declare
  relation regclass;
begin
  if not has_schema_privilege(role, 'products', 'usage') then
    execute format('grant usage on schema products to %I', role);
  end if;
  for relation in
    select oid from pg_class
    where relnamespace = 'products'::regnamespace and relkind in ('r', 'p', 'v', 'm') and not has_table_privilege(role, oid, 'select')
  loop
    execute format('grant select on %s to %I', relation, role);
  end loop;
end
$$;

-- Takes a login that somebody else made for /query: it may read the catalogue. What it has beyond that is for
-- gateway.query_role_rights to find.
create or replace function gateway.adopt_query_role(adopted name) returns void
language plpgsql as $$
begin
  perform gateway.grant_catalogue(adopted);
end
$$;

-- After every migrate: the /query role, where there is one, reads what tables there are now; after a reset they are new ones.
create or replace function gateway.renew_rights() returns void
language plpgsql as $$
begin
  if exists (select from pg_roles where rolname = gateway.query_role()) then
    perform gateway.grant_catalogue(gateway.query_role());
  end if;
end
$$;
