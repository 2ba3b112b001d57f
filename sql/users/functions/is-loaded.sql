-- Whether an account was loaded: a loaded user's public id is a uuid5 of the id in the file, every other's is random
-- (version 4).
create or replace function users.is_loaded(u users.users) returns boolean
language sql immutable as $$
  select get_byte(uuid_send(u.external_user_id), 6) >> 4 = 5
$$;
