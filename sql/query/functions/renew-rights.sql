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
