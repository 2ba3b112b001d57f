-- The sums of all orders that match, by day, week, month, status or product, as a JSON array in the order of the keys.
-- $1 group_by text
-- $2 user_key text: an internal id or a UUID; null for any, as the next four
-- $3 status text
-- $4 product_id integer
-- $5 from timestamptz: both ends are included
-- $6 to timestamptz
with filter as materialized (
  -- A user who does not exist has no orders: no id is below 0.
  select case when $2::text is not null then coalesce(users.id_of($2), -1) end as user_id
),
found as (
  -- Weeks are those of ISO 8601, which begin on Monday.
  select case $1::text
      when 'day' then to_char(d.day, 'YYYY-MM-DD')
      when 'week' then to_char(d.day, 'IYYY-"W"IW')
      when 'month' then to_char(d.day, 'YYYY-MM')
      else d.status
    end as key, null::integer as product_id, d.orders, d.total_quantity, d.total_price
  from filter, orders.group_days(filter.user_id, $3::text, $4::integer, $5::timestamptz, $6::timestamptz) d
  where $1 <> 'product'
  union all
  select p.product_id::text, p.product_id, p.orders, p.total_quantity, p.total_price
  from filter, orders.group_products(filter.user_id, $3, $4, $5, $6) p
  where $1 = 'product'
),
groups as (
  select key, product_id, sum(orders)::bigint as orders, sum(total_quantity)::bigint as total_quantity,
    (sum(total_price) * 100)::bigint as total_amount_cents
  from found
  group by key, product_id
)
select coalesce(json_agg(row_to_json(entry) order by g.product_id, g.key collate "C")::text, '[]') as groups
from groups g
cross join lateral (select g.key, g.orders, g.total_quantity, g.total_amount_cents) entry
