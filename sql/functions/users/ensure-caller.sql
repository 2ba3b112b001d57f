-- The row of a storefront caller {userId, localId, isLinked, email, isVerified}. Another service's user who is unknown here becomes the account
-- with that address, where it was loaded or made through the service API and is nobody else's yet; else gets a row without password.
-- Never an account that people registered themselves: whoever registers first would own the later customer. Of two first requests at
-- once the second finds the first one's row. Refuses with USER_NOT_FOUND (deleted meanwhile), EMAIL_REQUIRED.
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

-- The account that a caller of another service with this address is; null: none. One that can log in goes before others of the address.
create or replace function users.joinable_account(address text) returns bigint
language sql stable as $$
  select id from users.users
  where users.address_key(email_address) = users.address_key(address) and upstream_user_id is null and origin in ('loaded', 'service')
  order by hashed_password is null, id
  limit 1
$$;

-- The address of another service's user is what that service says now; an account of our own keeps the one it logs in with.
create or replace function users.follow_address(known users.users, email text) returns users.users
language plpgsql as $$
begin
  if known.origin = 'upstream' and known.email_address <> email then
    update users.users set email_address = email where id = known.id returning * into known;
  end if;
  return known;
end
$$;
