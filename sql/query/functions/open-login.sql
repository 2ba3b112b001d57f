-- Makes a login that runs what callers write, or brings it up to date. It may read the schema products and nothing
-- else; reading, time, waiting and memory are bounded. Under the lock of the migrations, so that gateways that start at
-- once take turns.
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
    -- An error can repeat a value of 500 MB, which the server's log need not: the caller is told, and the audit line
    -- says which it was.
    execute format('alter role %I set log_min_messages = fatal', role);
    execute format('alter role %I set log_min_error_statement = panic', role);
  exception when insufficient_privilege then
    -- A superuser's to set.
    null;
  end;
  perform gateway.grant_catalogue(role);
end
$$;
