-- A page of orders, newest first or sorted, with the exact number of all that match. A limit of n reads n + 1, to know
-- whether more follow.
-- $1 user_id uuid: null for any, as the next four
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
  select case when $1::uuid is not null
    then coalesce((select id from users.users where external_user_id = $1), -1) end as user_id
),
page as materialized (
  select found.order_id, found.place, (extract(epoch from found.made_at) * 1000000)::bigint::numeric as key
  from filter, orders.find_page(
    filter.user_id, $2::text, $3::integer, $4::timestamptz, $5::timestamptz,
    timestamptz 'epoch' + $6::numeric::bigint * interval '1 microsecond', $7::bigint, $8::integer + 1, $9::bigint) found
  where $10::text is null
  union all
  select found.order_id, found.place, found.key
  from filter, orders.sorted_page($10, filter.user_id, $2, $4, $5, $6, $7, $8 + 1, $9) found
  where $10 is not null
)
select
  (select orders.count_matching(filter.user_id, $2, $3, $4, $5) from filter) as total,
  (
    select coalesce('[' || string_agg(built.document, ',' order by page.place) || ']', '[]')
    from page
    cross join lateral (
      select document from orders.order_documents where order_id = page.order_id offset 0
    ) built
    where page.place <= $8
  ) as documents,
  (
    select key || '.' || order_id
    from page where place = $8 and exists (select from page where place = $8 + 1)
  ) as next_cursor
