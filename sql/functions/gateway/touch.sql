-- Moves `version` (the ETag) and `updated_at` of a changed row. The clock, not now(): a writer that waited for another one
-- must not step back behind it.
create or replace function gateway.touch() returns trigger
language plpgsql as $$
begin
  new.version := old.version + 1;
  new.updated_at := clock_timestamp();
  return new;
end
$$;

-- Not for last_order_number, which is bookkeeping and no part of what a caller sees.
create or replace trigger users_touch before update of
  external_user_id, upstream_user_id, role, first_name, last_name, email_address, hashed_password, phone_number,
  street_address, city, postal_code, country, days_between_order_notifications, order_notifications_start_date_time,
  order_notifications_next_scheduled_time, order_notifications_via_email, pending_order_notification,
  last_notification_sent_at, last_notifications_viewed_at, last_login
on users.users for each row execute function gateway.touch();

create or replace trigger products_touch before update on products.products
for each row execute function gateway.touch();

create or replace trigger orders_touch before update on orders.orders
for each row execute function gateway.touch();

create or replace trigger carts_touch before update on orders.carts
for each row execute function gateway.touch();
