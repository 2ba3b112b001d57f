-- Every login has rights through PUBLIC that the /query role had better not have: the system catalogues, functions
-- about settings and sessions, temporary tables. In the embedded database, and where HARDEN_DATABASE asks for it, this
-- takes them from PUBLIC and gives them to one group role, db_service_catalogue: whoever is to have them again is made
-- a member, which keeps no role from being dropped. Does nothing where all is done. Database and schema need their
-- owner, the catalogue a superuser.
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
