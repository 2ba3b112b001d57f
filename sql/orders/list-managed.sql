-- A page of orders as the management API shows them, newest first, with the exact sums of all that match. A limit of n
-- reads n + 1, to know whether more follow.
-- $1 user_key text: an internal id or a UUID; null for any, as the next four
-- $2 status text
-- $3 product_id integer
-- $4 from timestamptz: both ends are included
-- $5 to timestamptz
-- $6 cursor_time bigint: created_at of the last order seen, in microseconds since 1970
-- $7 cursor_id bigint: its id
-- $8 limit integer
-- $9 offset bigint
with filter as materialized (
  -- A user who does not exist has no orders: no id is below 0.
  select case when $1::text is not null then coalesce(users.id_of($1), -1) end as user_id
),
sums as materialized (
  select filter.user_id, matching.orders, matching.total_quantity, matching.total_price
  from filter, orders.sum_matching(filter.user_id, $2::text, $3::integer, $4::timestamptz, $5::timestamptz) matching
),
page as materialized (
  select found.order_id, found.place, found.made_at
  from sums, orders.find_page(
    sums.user_id, $2, $3, $4, $5,
    timestamptz 'epoch' + $6::bigint * interval '1 microsecond', $7::bigint, $8::integer + 1, $9::bigint) found
  -- Behind the last one there is nothing to look for.
  where sums.orders > $9
)
select sums.orders as total, sums.total_quantity, (sums.total_price * 100)::bigint as total_amount_cents,
  (
    select coalesce('[' || string_agg(built.document, ',' order by page.place) || ']', '[]')
    from page
    cross join lateral (
      select document from orders.management_documents where order_id = page.order_id offset 0
    ) built
    where page.place <= $8
  ) as documents,
  (
    select (extract(epoch from made_at) * 1000000)::bigint || '.' || order_id
    from page where place = $8 and exists (select from page where place = $8 + 1)
  ) as next_cursor
from sums
