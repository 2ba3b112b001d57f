-- A page of all orders, or of those of one status, with their sums: in one statement, without functions. The other
-- filters of the reference need statements of their own; with one of them nothing is found here.
-- $1 user_key text: null
-- $2 status text
-- $3 product_id integer: null
-- $4 from timestamptz: null
-- $5 to timestamptz: null
-- $6 cursor_time bigint
-- $7 cursor_id bigint
-- $8 limit integer
-- $9 offset bigint
with sums as materialized (
  select coalesce(sum(s.orders), 0)::bigint as orders, coalesce(sum(s.total_quantity), 0)::bigint as total_quantity,
    coalesce(sum(s.total_price), 0) as total_price
  from (
    select orders, total_quantity, total_price from orders.order_month_totals where $2::text is null or status = $2
    union all
    select orders, total_quantity, total_price from orders.order_totals where shard >= 0 and ($2 is null or status = $2)
  ) s
  where $1::text is null and $3::integer is null and $4::timestamptz is null and $5::timestamptz is null
),
page as materialized (
  select id, created_at, row_number() over (order by created_at desc, id desc) as place
  from (
    (
      select id, created_at from orders.orders
      where $2 is null and (select orders from sums) > $9::bigint
        and (created_at, id) < (
          coalesce(timestamptz 'epoch' + $6::bigint * interval '1 microsecond', 'infinity'),
          coalesce($7::bigint, 9223372036854775807))
      order by created_at desc, id desc limit $8::integer + 1 offset $9
    )
    union all
    (
      select id, created_at from orders.orders
      where status = $2 and (select orders from sums) > $9
        and (created_at, id) < (
          coalesce(timestamptz 'epoch' + $6 * interval '1 microsecond', 'infinity'), coalesce($7, 9223372036854775807))
      order by created_at desc, id desc limit $8 + 1 offset $9
    )
  ) found
)
select sums.orders as total, sums.total_quantity, (sums.total_price * 100)::bigint as total_amount_cents,
  (
    select coalesce('[' || string_agg(built.document, ',' order by page.place) || ']', '[]')
    from page
    cross join lateral (
      select document from bench_best.management_documents where order_id = page.id offset 0
    ) built
    where page.place <= $8
  ) as documents,
  (
    select (extract(epoch from created_at) * 1000000)::bigint || '.' || id
    from page where place = $8 and exists (select from page where place = $8 + 1)
  ) as next_cursor
from sums
