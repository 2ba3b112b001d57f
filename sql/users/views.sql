-- A user as the management API shows one.
create or replace view users.managed_users as
select u.id, u.version, u.external_user_id as user_id, u.email_address as email,
  concat_ws(' ', u.first_name, nullif(u.last_name, '')) as full_name, u.created_at
from users.users u;

-- A user as callers see it: the public id, and neither the hash nor the internal id. The one list of these columns.
create or replace view users.public_users as
select u.id, u.version, u.external_user_id as user_id, u.first_name, u.last_name, u.email_address, u.phone_number,
  u.street_address, u.city, u.postal_code, u.country, u.days_between_order_notifications,
  u.order_notifications_start_date_time, u.order_notifications_next_scheduled_time, u.pending_order_notification,
  u.order_notifications_via_email, u.last_notification_sent_at, u.last_notifications_viewed_at, u.last_login
from users.users u;
