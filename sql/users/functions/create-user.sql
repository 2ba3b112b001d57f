-- Creates a user. `sent`: the columns sent; what is missing takes its default. `from_where`: service or storefront. A
-- taken email address is stopped by users_email_address_key.
create or replace function users.create_user(sent jsonb, hash text, from_where text) returns users.public_users
language plpgsql as $$
declare
  new_id bigint;
  created users.public_users;
begin
  insert into users.users (
    first_name, last_name, email_address, hashed_password, phone_number, street_address, city, postal_code, country,
    days_between_order_notifications, order_notifications_via_email, order_notifications_start_date_time, origin)
  values (
    sent ->> 'first_name', sent ->> 'last_name', sent ->> 'email_address', hash,
    sent ->> 'phone_number', sent ->> 'street_address', sent ->> 'city', sent ->> 'postal_code', sent ->> 'country',
    coalesce((sent ->> 'days_between_order_notifications')::integer, 7),
    coalesce((sent ->> 'order_notifications_via_email')::boolean, false),
    coalesce((sent ->> 'order_notifications_start_date_time')::timestamptz, now()),
    from_where)
  returning id into new_id;
  select * into created from users.public_users u where u.id = new_id;
  return created;
end
$$;
