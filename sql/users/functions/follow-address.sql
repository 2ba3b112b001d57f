-- The address of another service's user is what that service says now; an account of our own keeps the one it logs in
-- with.
create or replace function users.follow_address(known users.users, email text) returns users.users
language plpgsql as $$
begin
  if known.origin = 'upstream' and known.email_address <> email then
    update users.users set email_address = email where id = known.id returning * into known;
  end if;
  return known;
end
$$;
