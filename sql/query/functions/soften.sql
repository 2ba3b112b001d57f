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
  if rights.owns_database and exists (
    select from pg_database d, aclexplode(d.datacl) a
    where d.datname = current_database() and a.grantee = catalogue) then
    execute format('grant temporary on database %I to public', current_database());
    execute format('revoke temporary on database %I from db_service_catalogue', current_database());
  end if;
  if rights.owns_public and exists (
    select from pg_namespace n, aclexplode(n.nspacl) a
    where n.nspname = 'public' and a.grantee = catalogue) then
    grant usage on schema public to public;
    revoke usage on schema public from db_service_catalogue;
  end if;
  foreach schema_name in array gateway.query_schemas() loop
    if exists (
      select from pg_proc p, aclexplode(p.proacl) a
      where p.pronamespace = schema_name::regnamespace and a.grantee = catalogue) then
      execute format('grant execute on routine %s to public', gateway.public_routines(schema_name));
      execute format('revoke execute on routine %s from db_service_catalogue', gateway.public_routines(schema_name));
    end if;
  end loop;
  if rights.is_superuser and exists (
    select from pg_namespace n, aclexplode(n.nspacl) a
    where n.nspname = 'information_schema' and a.grantee = catalogue) then
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
