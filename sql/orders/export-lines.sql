-- As export-orders.sql, with a row for each line of these orders; an order without lines has a row of its own.
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
select o.order_id, o.user_id, o.user_name, o.status, o.created_at, o.updated_at, l.id as item_id, l.product_id,
  l.product_name, l.quantity, l.price_cents_at_purchase, o.position
from page
cross join lateral (
  select o.id as order_id, o.user_id,
    coalesce(nullif(o.customer_name, ''), (
      select nullif(concat_ws(' ', u.first_name, nullif(u.last_name, '')), '') from users.users u
      where u.id = o.user_id)) as user_name,
    o.status, o.created_at, o.updated_at, (extract(epoch from o.created_at) * 1000000)::bigint::text as position
  from orders.orders o where o.id = page.order_id offset 0
) o
left join lateral (
  select i.id, i.product_id, i.product_name, i.quantity, (i.price * 100)::bigint as price_cents_at_purchase,
    i.add_to_cart_order
  from orders.order_items i where i.order_id = page.order_id offset 0
) l on true
order by page.place, l.add_to_cart_order, l.product_id
