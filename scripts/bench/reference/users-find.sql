-- $1 user_id uuid
select version, user_id, first_name, last_name, email_address, phone_number, street_address, city, postal_code, country,
  days_between_order_notifications, order_notifications_start_date_time, order_notifications_next_scheduled_time,
  pending_order_notification, order_notifications_via_email, last_notification_sent_at, last_notifications_viewed_at,
  last_login
from bench_reference.public_users where user_id = $1
