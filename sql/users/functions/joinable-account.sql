-- The account that a caller of another service with this address is; null: none. One that can log in goes before others
-- of the address.
create or replace function users.joinable_account(address text) returns bigint
language sql stable as $$
  select id from users.users
  where users.address_key(email_address) = users.address_key(address) and upstream_user_id is null
    and origin in ('loaded', 'service')
  order by hashed_password is null, id
  limit 1
$$;
