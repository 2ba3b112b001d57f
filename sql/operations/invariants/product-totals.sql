-- The sums of products, kept for whole months, are those of the settled orders with them.
-- By month and status first, where an order counts once for each of its lines (order-totals holds total_items to be
-- their number). Product by product, which reads all lines, only where those differ.
-- $1 most bigint: broken ones to show
-- $2 since timestamptz: months that begin from here, in UTC
-- $3 before timestamptz: and to before here
with kept as materialized (
  select product_id, status, month, orders, total_quantity as quantity, total_price as price
  from orders.product_totals
  where month::timestamp at time zone 'UTC' >= $2 and month::timestamp at time zone 'UTC' < $3
    and (orders, total_quantity, total_price) <> (0, 0, 0)
),
settled as materialized (
  select o.id, o.status, date_trunc('month', o.created_at at time zone 'UTC')::date as month, o.total_items,
    o.total_quantity, o.total_price
  from orders.orders o
  where o.created_at >= $2 and o.created_at < $3 and o.created_at < (select until from orders.settled_orders)
    and o.total_items > 0
),
difference as materialized (
  select exists (
    select from (
      select month, status, sum(total_items) as orders, sum(total_items * total_quantity) as quantity,
        sum(total_items * total_price) as price
      from settled
      where $2 <= month::timestamp at time zone 'UTC'
      group by 1, 2
    ) s
    full join (
      select month, status, sum(orders) as orders, sum(quantity) as quantity, sum(price) as price from kept group by 1,
        2
    ) k using (month, status)
    where (s.orders, s.quantity, s.price) is distinct from (k.orders, k.quantity, k.price)
  ) or exists (select from kept where orders < 0) as is_there
)
select concat_ws(' ', 'product', product_id, to_char(month, 'YYYY-MM'), status) as about,
  concat_ws(', ', k.orders, k.quantity, k.price) as kept, concat_ws(', ', c.orders, c.quantity, c.price) as found,
  count(*) over () as broken
from (select * from kept where (select is_there from difference)) k
full join (
  select i.product_id, s.status, s.month, count(*) as orders, sum(s.total_quantity) as quantity,
    sum(s.total_price) as price
  from settled s
  cross join lateral (select product_id from orders.order_items where order_id = s.id offset 0) i
  where (select is_there from difference) and $2 <= s.month::timestamp at time zone 'UTC'
  group by 1, 2, 3
) c using (product_id, status, month)
where (k.orders, k.quantity, k.price) is distinct from (c.orders, c.quantity, c.price)
order by 1
limit $1
