-- The row of a storefront caller {userId, localId, isLinked, email}; another service's user who is unknown here gets one without
-- password, or is the user of ours with that email address (in any case). Of two first requests at once the second finds the
-- first one's row. Refuses with USER_NOT_FOUND (deleted meanwhile), EMAIL_REQUIRED, and with EMAIL_ALREADY_EXISTS where the
-- address belongs to another user of that service: addresses pass from one person to another there, orders must not.
create or replace function users.ensure_caller(caller jsonb) returns users.users
language plpgsql as $$
declare
  caller_id constant text := caller ->> 'userId';
  email constant text := caller ->> 'email';
  known users.users;
begin
  if (caller ->> 'isLinked')::boolean then
    select * into known from users.users where id = users.internal_id((caller ->> 'localId')::uuid);
    return known;
  end if;

  loop
    select * into known from users.users where upstream_user_id = caller_id;
    exit when found;
    if email is null then
      perform gateway.refuse('EMAIL_REQUIRED');
    end if;

    update users.users set upstream_user_id = caller_id
    where lower(email_address) = lower(email) and upstream_user_id is null
    returning * into known;
    exit when found;

    insert into users.users (upstream_user_id, email_address, first_name, last_name)
    values (caller_id, email, split_part(email, '@', 1), '')
    on conflict do nothing
    returning * into known;
    exit when found;

    if exists (select from users.users where lower(email_address) = lower(email) and upstream_user_id <> caller_id) then
      perform gateway.refuse('EMAIL_ALREADY_EXISTS');
    end if;
  end loop;
  return known;
end
$$;
