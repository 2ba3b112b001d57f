-- The internal id of the user known outside as `user_id`; refuses with USER_NOT_FOUND.
create or replace function users.internal_id(user_id uuid) returns bigint
language plpgsql stable as $$
declare
  found_id bigint;
begin
  select id into found_id from users.users where external_user_id = user_id;
  if found_id is null then
    perform gateway.refuse('USER_NOT_FOUND');
  end if;
  return found_id;
end
$$;
