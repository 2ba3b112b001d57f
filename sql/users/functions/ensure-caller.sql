-- The row of a storefront caller {userId, localId, isLinked, email, isVerified}. Another service's user who is unknown
-- here becomes the account with that address, where it was loaded or made through the service API and is nobody else's
-- yet; else gets a row without password. Never an account that people registered themselves: whoever registers first
-- would own the later customer. Of two first requests at once the second finds the first one's row. Refuses with
-- USER_NOT_FOUND (deleted meanwhile), EMAIL_REQUIRED.
create or replace function users.ensure_caller(caller jsonb) returns users.users
language plpgsql as $$
declare
  caller_id constant text := caller ->> 'userId';
  email constant text := caller ->> 'email';
  known users.users;
begin
  if (caller ->> 'isLinked')::boolean then
    select * into known from users.users where id = users.internal_id((caller ->> 'localId')::uuid);
    return users.follow_address(known, email);
  end if;

  loop
    select * into known from users.users where upstream_user_id = caller_id;
    exit when found;
    if email is null then
      perform gateway.refuse('EMAIL_REQUIRED');
    end if;

    if (caller ->> 'isVerified')::boolean is not false then
      update users.users set upstream_user_id = caller_id
      where id = users.joinable_account(email) and upstream_user_id is null
      returning * into known;
      exit when found;
    end if;

    insert into users.users (upstream_user_id, email_address, first_name, last_name, origin)
    values (caller_id, email, split_part(email, '@', 1), '', 'upstream')
    on conflict on constraint users_upstream_user_id_key do nothing
    returning * into known;
    exit when found;
  end loop;
  return users.follow_address(known, email);
end
$$;
