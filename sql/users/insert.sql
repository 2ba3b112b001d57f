-- Creates a user; a taken email address is stopped by users_email_address_key.
-- $1 user jsonb: the columns sent; what is missing takes its default
-- $2 hashed_password text
-- $3 origin text: service or storefront
insert into users.users (
  first_name, last_name, email_address, hashed_password, phone_number, street_address, city, postal_code, country,
  days_between_order_notifications, order_notifications_via_email, order_notifications_start_date_time, origin)
select
  $1::jsonb ->> 'first_name', $1 ->> 'last_name', $1 ->> 'email_address', $2,
  $1 ->> 'phone_number', $1 ->> 'street_address', $1 ->> 'city', $1 ->> 'postal_code', $1 ->> 'country',
  coalesce(($1 ->> 'days_between_order_notifications')::integer, 7),
  coalesce(($1 ->> 'order_notifications_via_email')::boolean, false),
  coalesce(($1 ->> 'order_notifications_start_date_time')::timestamptz, now()),
  $3
returning version, external_user_id as user_id, first_name, last_name, email_address, phone_number, street_address, city,
  postal_code, country, days_between_order_notifications, order_notifications_start_date_time,
  order_notifications_next_scheduled_time, pending_order_notification, order_notifications_via_email,
  last_notification_sent_at, last_notifications_viewed_at, last_login
