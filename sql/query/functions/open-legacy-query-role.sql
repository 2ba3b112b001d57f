-- The login of /legacy/query, which may also read who a user is; returns its name.
create or replace function gateway.open_legacy_query_role(password text) returns name
language plpgsql as $$
begin
  perform gateway.open_login(gateway.legacy_query_role(), password);
  perform gateway.grant_names(gateway.legacy_query_role());
  return gateway.legacy_query_role();
end
$$;
