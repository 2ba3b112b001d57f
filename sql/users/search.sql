-- A page of the users whose name and email address contain every word of a text, by internal id, with the exact number of all;
-- a page without users is one row with that number alone.
-- $1 q text
-- $2 limit integer
-- $3 offset integer
select cardinality(m.ids)::bigint as total, u.version, u.user_id, u.first_name, u.last_name, u.email_address, u.phone_number,
  u.street_address, u.city, u.postal_code, u.country, u.days_between_order_notifications, u.order_notifications_start_date_time,
  u.order_notifications_next_scheduled_time, u.pending_order_notification, u.order_notifications_via_email,
  u.last_notification_sent_at, u.last_notifications_viewed_at, u.last_login
from users.matching($1) m (ids)
left join lateral (select id from unnest(m.ids[$3::integer + 1:$3 + $2::integer]) page (id)) page on true
left join lateral (select * from users.public_users where id = page.id offset 0) u on true
order by page.id
