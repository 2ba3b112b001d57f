-- A user's order numbers never come twice, nor run past the number given last.
-- $1 most bigint: broken ones to show
select 'user ' || u.id as about, 'each once, up to ' || u.last_order_number as kept,
  o.orders || ' orders with ' || o.numbers || ' numbers, up to ' || o.latest as found, count(*) over () as broken
from (
  select user_id, count(*) as orders, count(distinct order_number) as numbers, max(order_number) as latest
  from orders.orders
  where user_id is not null and order_number is not null
  group by user_id
) o
join users.users u on u.id = o.user_id
where o.orders <> o.numbers or o.latest > u.last_order_number
order by u.id
limit $1
