-- Records a login and returns the user as it was shown: a pending reminder counts as delivered by this answer.
-- The same password stays, also with a new hash (users.note_password_change).
-- $1 user_id uuid
-- $2 hashed_password text: the hash the password was checked against; no row if it has changed since
-- $3 new_hash text: a hash with today's parameters, or null to keep the one there is
with known as (
  select id, pending_order_notification, set_config('db_service.rehashing', 'on', true) from users.users
  where external_user_id = $1 and hashed_password = $2
  for no key update
)
update users.users u set
  last_login = now(),
  hashed_password = coalesce($3, u.hashed_password),
  pending_order_notification = false
from known
where u.id = known.id
returning u.version, u.external_user_id as user_id, u.first_name, u.last_name, u.email_address, u.phone_number,
  u.street_address, u.city, u.postal_code, u.country, u.days_between_order_notifications,
  u.order_notifications_start_date_time, u.order_notifications_next_scheduled_time, known.pending_order_notification,
  u.order_notifications_via_email, u.last_notification_sent_at, u.last_notifications_viewed_at, u.last_login, u.role,
  (extract(epoch from u.password_changed_at) * 1000000)::bigint as password_changed_us,
  exists (
    select from orders.carts c join orders.cart_items i using (cart_id) where c.user_id = u.id
  ) as has_active_cart
