-- A page of the users whose name or email address contains a text, by internal id.
-- $1 pattern text: for ilike
-- $2 limit bigint
-- $3 offset bigint
select version, user_id, first_name, last_name, email_address, phone_number, street_address, city, postal_code, country,
  days_between_order_notifications, order_notifications_start_date_time, order_notifications_next_scheduled_time,
  pending_order_notification, order_notifications_via_email, last_notification_sent_at, last_notifications_viewed_at,
  last_login
from users.public_users
where first_name || ' ' || last_name || ' ' || email_address ilike $1
order by id
limit $2 offset $3
