-- The sums of days are those of their orders, and the sums of months those of their folded days.
-- $1 most bigint: broken ones to show
-- $2 since timestamptz: whole days from here, in UTC
-- $3 before timestamptz: to before here
with counted as (
  select (created_at at time zone 'UTC')::date as day, status, count(*) as orders, sum(total_quantity) as quantity,
    sum(total_price) as price
  from orders.orders
  where created_at >= $2 and created_at < $3
  group by 1, 2
),
days as (
  select day, status, sum(orders) as orders, sum(total_quantity) as quantity, sum(total_price) as price
  from orders.order_totals
  where day >= ($2 at time zone 'UTC')::date and day < ($3 at time zone 'UTC')::date
  group by 1, 2
  having (sum(orders), sum(total_quantity), sum(total_price)) <> (0, 0, 0)
),
folded as (
  select date_trunc('month', day::timestamp)::date as month, status, sum(orders) as orders,
    sum(total_quantity) as quantity,
    sum(total_price) as price
  from orders.order_totals
  where shard = -1
  group by 1, 2
  having (sum(orders), sum(total_quantity), sum(total_price)) <> (0, 0, 0)
),
months as (
  select month, status, orders, total_quantity as quantity, total_price as price
  from orders.order_month_totals
  where (orders, total_quantity, total_price) <> (0, 0, 0)
)
select about, kept, found, count(*) over () as broken
from (
  select concat_ws(' ', day, status) as about, concat_ws(', ', d.orders, d.quantity, d.price) as kept,
    concat_ws(', ', c.orders, c.quantity, c.price) as found
  from days d
  full join counted c using (day, status)
  where (d.orders, d.quantity, d.price) is distinct from (c.orders, c.quantity, c.price)
  union all
  select concat_ws(' ', to_char(month, 'YYYY-MM'), status), concat_ws(', ', m.orders, m.quantity, m.price),
    concat_ws(', ', f.orders, f.quantity, f.price)
  from months m
  full join folded f using (month, status)
  where (m.orders, m.quantity, m.price) is distinct from (f.orders, f.quantity, f.price)
) wrong
order by about
limit $1
