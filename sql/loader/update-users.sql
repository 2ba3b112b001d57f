-- The users that are there already, as the file has them now; their own reminder settings stay, and no time steps back
-- behind what happened here.
update users.users u set
  external_user_id = c.external_user_id, first_name = c.first_name, last_name = c.last_name,
  email_address = c.email_address, hashed_password = c.hashed_password, phone_number = c.phone_number,
  street_address = c.street_address, city = c.city, postal_code = c.postal_code, country = c.country,
  last_login = greatest(c.last_login, u.last_login),
  last_notifications_viewed_at = greatest(c.last_notifications_viewed_at, u.last_notifications_viewed_at),
  order_notifications_start_date_time = coalesce(c.last_login, u.order_notifications_start_date_time)
from chosen_users c
where c.known and u.id = c.id
  and (u.external_user_id, u.first_name, u.last_name, u.email_address, u.hashed_password, u.phone_number,
    u.street_address, u.city, u.postal_code, u.country, u.last_login, u.last_notifications_viewed_at)
  is distinct from (c.external_user_id, c.first_name, c.last_name, c.email_address, c.hashed_password, c.phone_number,
    c.street_address, c.city, c.postal_code, c.country, greatest(c.last_login, u.last_login),
    greatest(c.last_notifications_viewed_at, u.last_notifications_viewed_at))
