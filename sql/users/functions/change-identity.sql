-- PATCH of a user by the back office: email address, full name. Only the keys of `changes` count; what is the same
-- already is not written. The full name's last word is the last name, what stands before it the first; a single word is
-- a first name. A name that reads the same keeps the division it has. Refuses with USER_NOT_FOUND, PRECONDITION_FAILED;
-- a taken address is stopped by users_email_address_key.
create or replace function users.change_identity(user_key text, changes jsonb, if_match text[])
returns users.managed_users
language plpgsql as $$
declare
  current users.users;
  known users.managed_users;
  wanted constant text := trim(regexp_replace(changes ->> 'full_name', '\s+', ' ', 'g'));
begin
  select * into current from users.users where id = users.id_of(user_key) for no key update;
  if current.id is null then
    perform gateway.refuse('USER_NOT_FOUND');
  end if;
  perform gateway.check_version(if_match, current.external_user_id::text, current.version);
  select * into known from users.managed_users where id = current.id;

  if wanted <> known.full_name or changes ->> 'email' <> known.email then
    if wanted <> known.full_name then
      current.last_name := coalesce(substring(wanted from ' ([^ ]+)$'), '');
      current.first_name := trim(left(wanted, length(wanted) - length(current.last_name)));
    end if;
    update users.users set
      email_address = coalesce(changes ->> 'email', email_address),
      first_name = current.first_name, last_name = current.last_name
    where id = current.id;
    select * into known from users.managed_users where id = current.id;
  end if;
  return known;
end
$$;
