-- The internal id that a management caller means: the id itself, or the UUID that a user is known by outside; null for
-- an unknown UUID.
create or replace function users.id_of(key text) returns bigint
language plpgsql stable as $$
begin
  if key ~ '^[0-9]+$' then
    return key::bigint;
  end if;
  return (select id from users.users where external_user_id = key::uuid);
end
$$;
