-- The login of /query; returns its name.
create or replace function gateway.open_query_role(password text) returns name
language plpgsql as $$
begin
  perform gateway.open_login(gateway.query_role(), password);
  return gateway.query_role();
end
$$;
