-- A page of orders as the management API shows them, newest first or sorted, with the exact sums of all that match. A
-- limit of n reads n + 1, to know whether more follow.
-- $1 user_key text: an internal id or a UUID; null for any, as the next four
-- $2 status text
-- $3 product_id integer
-- $4 from timestamptz: both ends are included
-- $5 to timestamptz
-- $6 cursor_key numeric: created_at of the last order seen, in microseconds since 1970, or what else it is sorted by
-- $7 cursor_id bigint: its id
-- $8 limit integer
-- $9 offset bigint
-- $10 sort text: created, total or -total, without a product; null: newest first
with filter as materialized (
  -- A user who does not exist has no orders: no id is below 0.
  select case when $1::text is not null then coalesce(users.id_of($1), -1) end as user_id
),
-- Where four of the filters are null, it is all orders, or those of one status: asked for most. Their sums and pages
-- are read here, which saves what the functions cost; with any other filter the functions do it.
sums as materialized (
  select coalesce(sum(s.orders), 0)::bigint as orders, coalesce(sum(s.total_quantity), 0)::bigint as total_quantity,
    coalesce(sum(s.total_price), 0) as total_price
  from (
    select m.orders, m.total_quantity, m.total_price from orders.order_month_totals m
    where num_nulls($1, $3::integer, $4::timestamptz, $5::timestamptz) = 4 and ($2::text is null or m.status = $2)
    union all
    select t.orders, t.total_quantity, t.total_price from orders.order_totals t
    where num_nulls($1, $3, $4, $5) = 4 and t.shard >= 0 and ($2 is null or t.status = $2)
    union all
    select f.orders, f.total_quantity, f.total_price
    from filter, orders.sum_matching(filter.user_id, $2, $3, $4, $5) f
    where num_nulls($1, $3, $4, $5) < 4
  ) s
),
page as materialized (
  select order_id, row_number() over (order by made_at desc, order_id desc) as place,
    (extract(epoch from made_at) * 1000000)::bigint::numeric as key
  from (
    (
      select o.id as order_id, o.created_at as made_at from orders.orders o
      where num_nulls($1, $2, $3, $4, $5, $10::text) = 6 and (select orders from sums) > $9::bigint
        and (o.created_at, o.id) < (
          coalesce(timestamptz 'epoch' + $6::numeric::bigint * interval '1 microsecond', 'infinity'),
          coalesce($7::bigint, 9223372036854775807))
      order by o.created_at desc, o.id desc limit $8::integer + 1 offset $9
    )
    union all
    (
      select o.id, o.created_at from orders.orders o
      where num_nulls($1, $3, $4, $5, $10) = 5 and o.status = $2 and (select orders from sums) > $9
        and (o.created_at, o.id) < (
          coalesce(timestamptz 'epoch' + $6::bigint * interval '1 microsecond', 'infinity'),
          coalesce($7, 9223372036854775807))
      order by o.created_at desc, o.id desc limit $8 + 1 offset $9
    )
    union all
    select f.order_id, f.made_at
    from filter, orders.find_page(
      filter.user_id, $2, $3, $4, $5, timestamptz 'epoch' + $6::bigint * interval '1 microsecond', $7, $8 + 1, $9) f
    -- Behind the last one there is nothing to look for.
    where num_nulls($1, $3, $4, $5) < 4 and $10 is null and (select orders from sums) > $9
  ) newest
  union all
  select f.order_id, f.place, f.key
  from filter, orders.sorted_page($10, filter.user_id, $2, $4, $5, $6, $7, $8 + 1, $9) f
  where $10 is not null and (select orders from sums) > $9
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
    select key || '.' || order_id
    from page where place = $8 and exists (select from page where place = $8 + 1)
  ) as next_cursor
from sums
