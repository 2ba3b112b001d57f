-- Changes a user's profile and reminder settings.
-- $1 user_id uuid
-- $2 changes jsonb: only the keys sent
-- $3 if_match text[]: null for any version
select version, user_id, first_name, last_name, email_address, phone_number, street_address, city, postal_code, country,
  days_between_order_notifications, order_notifications_start_date_time, order_notifications_next_scheduled_time,
  pending_order_notification, order_notifications_via_email, last_notification_sent_at, last_notifications_viewed_at,
  last_login
from users.update_user($1, $2, $3)
