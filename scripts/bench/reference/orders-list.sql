-- $1 user_id uuid
-- $2 status text
-- $3 product_id integer
-- $4 from timestamptz
-- $5 to timestamptz
-- $6 cursor_time bigint
-- $7 cursor_id bigint
-- $8 limit integer
-- $9 offset bigint
with filter as materialized (
  select case when $1::uuid is not null then coalesce((select id from users.users where external_user_id = $1), -1) end as user_id
),
page as materialized (
  select found.order_id, found.place, found.made_at
  from filter, bench_reference.find_page(
    filter.user_id, $2::text, $3::integer, $4::timestamptz, $5::timestamptz,
    timestamptz 'epoch' + $6::bigint * interval '1 microsecond', $7::bigint, $8::integer + 1, $9::bigint) found
)
select
  (select bench_reference.count_matching(filter.user_id, $2, $3, $4, $5) from filter) as total,
  (
    select coalesce('[' || string_agg(built.document, ',' order by page.place) || ']', '[]')
    from page
    cross join lateral (
      select document from bench_reference.order_documents where order_id = page.order_id offset 0
    ) built
    where page.place <= $8
  ) as documents,
  (
    select (extract(epoch from made_at) * 1000000)::bigint || '.' || order_id
    from page where place = $8 and exists (select from page where place = $8 + 1)
  ) as next_cursor
