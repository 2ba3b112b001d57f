-- As export-orders.sql, each as the document that the management API shows.
-- $1 user_key text: an internal id or a UUID; null for any, as the next four
-- $2 status text
-- $3 product_id integer
-- $4 from timestamptz: both ends are included
-- $5 to timestamptz
-- $6 cursor_time bigint: created_at of the last order seen, in microseconds since 1970
-- $7 cursor_id bigint: its id
-- $8 limit integer
with filter as materialized (
  -- A user who does not exist has no orders: no id is below 0.
  select case when $1::text is not null then coalesce(users.id_of($1), -1) end as user_id
),
page as materialized (
  select found.order_id, found.place
  from filter, orders.find_page(
    filter.user_id, $2::text, $3::integer, $4::timestamptz, $5::timestamptz,
    timestamptz 'epoch' + $6::bigint * interval '1 microsecond', $7::bigint, $8::integer, 0) found
)
select d.document, d.order_id, d.position
from page
cross join lateral (
  select m.document, o.id as order_id, (extract(epoch from o.created_at) * 1000000)::bigint::text as position
  from orders.orders o join orders.management_documents m on m.order_id = o.id
  where o.id = page.order_id offset 0
) d
order by page.place
