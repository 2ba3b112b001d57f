-- A page of orders as a caller of the storefront sees them, newest first, with the exact number of all that match.
-- $1 caller jsonb: {userId, localId, role}
-- $2 everybodys boolean: not only the caller's own
-- $3 status text: null for any
-- $4 limit integer
-- $5 offset bigint
with filter as materialized (
  -- A caller who is unknown here has no orders: no id is below 0.
  select case when not $2::boolean then
    coalesce((select id from users.users where external_user_id = ($1::jsonb ->> 'localId')::uuid), -1)
  end as user_id
),
page as materialized (
  select found.order_id, found.place
  from filter, orders.find_page(filter.user_id, $3::text, null, null, null, null, null, $4::integer, $5::bigint) found
)
select
  (select orders.count_matching(filter.user_id, $3, null, null, null) from filter) as total,
  (
    select coalesce('[' || string_agg(built.document, ',' order by page.place) || ']', '[]')
    from page
    cross join lateral (
      select orders.show_order(d, $1) as document from orders.storefront_documents d
      where d.order_id = page.order_id offset 0
    ) built
  ) as documents
