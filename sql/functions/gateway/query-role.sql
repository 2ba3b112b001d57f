-- Roles belong to the server, databases are many: each has /query roles of its own, named after it.
create or replace function gateway.role_of_database(prefix text) returns name
language sql stable as $$
  select (prefix || case
    -- An identifier holds 63 bytes.
    when octet_length(prefix || current_database()) <= 63 then current_database()
    else md5(current_database())
  end)::name
$$;

create or replace function gateway.query_role_prefix() returns text
language sql immutable as $$
  select 'db_service_query_'
$$;

create or replace function gateway.query_role() returns name
language sql stable as $$
  select gateway.role_of_database(gateway.query_role_prefix())
$$;

-- Who runs /legacy/query. Not the other's prefix and a word: that would be the role of a database whose name begins with the word.
create or replace function gateway.legacy_query_role() returns name
language sql stable as $$
  select gateway.role_of_database('db_service_legacy_query_')
$$;

-- What it may read of users.users beside the catalogue.
create or replace function gateway.legacy_query_columns() returns name[]
language sql immutable as $$
  select array['id', 'external_user_id', 'first_name', 'last_name']::name[]
$$;

-- Makes a login that runs what callers write, or brings it up to date. It may read the schema products and nothing else; reading,
-- time, waiting and memory are bounded. Under the lock of the migrations, so that gateways that start at once take turns.
create or replace function gateway.open_login(role name, password text) returns void
language plpgsql as $$
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
end
$$;

-- The login of /query; returns its name.
create or replace function gateway.open_query_role(password text) returns name
language plpgsql as $$
begin
  perform gateway.open_login(gateway.query_role(), password);
  return gateway.query_role();
end
$$;

-- The login of /legacy/query, which may also read who a user is; returns its name.
create or replace function gateway.open_legacy_query_role(password text) returns name
language plpgsql as $$
begin
  perform gateway.open_login(gateway.legacy_query_role(), password);
  perform gateway.grant_names(gateway.legacy_query_role());
  return gateway.legacy_query_role();
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

-- Lets a role read the names of users, by column. Writes nothing where it may already.
create or replace function gateway.grant_names(role name) returns void
language plpgsql as $$
begin
  if not has_schema_privilege(role, 'users', 'usage') then
    execute format('grant usage on schema users to %I', role);
  end if;
  if exists (select from unnest(gateway.legacy_query_columns()) c where not has_column_privilege(role, 'users.users', c, 'select')) then
    execute format('grant select (%s) on users.users to %I', array_to_string(gateway.legacy_query_columns(), ', '), role);
  end if;
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

-- After every migrate: the roles, where there are any, read what tables there are now; after a reset they are new ones.
create or replace function gateway.renew_rights() returns void
language plpgsql as $$
begin
  if exists (select from pg_roles where rolname = gateway.query_role()) then
    perform gateway.grant_catalogue(gateway.query_role());
  end if;
  if exists (select from pg_roles where rolname = gateway.legacy_query_role()) then
    perform gateway.grant_catalogue(gateway.legacy_query_role());
    perform gateway.grant_names(gateway.legacy_query_role());
  end if;
end
$$;
