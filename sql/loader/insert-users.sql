-- The users that are new. The next reminder follows from start and interval by trigger.
insert into users.users (
  id, external_user_id, first_name, last_name, email_address, hashed_password, phone_number, street_address, city,
  postal_code, country, last_login, last_notifications_viewed_at, order_notifications_start_date_time, origin)
select id, external_user_id, first_name, last_name, email_address, hashed_password, phone_number, street_address, city,
  postal_code, country, last_login, last_notifications_viewed_at, coalesce(last_login, now()), 'loaded'
from chosen_users where not known
