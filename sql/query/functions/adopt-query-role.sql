-- Takes a login that somebody else made for /query: it may read the catalogue. What it has beyond that is for
-- gateway.query_role_rights to find.
create or replace function gateway.adopt_query_role(adopted name) returns void
language plpgsql as $$
begin
  perform gateway.grant_catalogue(adopted);
end
$$;
