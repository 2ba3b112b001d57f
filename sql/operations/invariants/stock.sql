-- Stock is never negative, and what an order took is back where it ended before it was shipped.
-- $1 most bigint: broken ones to show
-- $2 since timestamptz: of orders made from here
-- $3 before timestamptz: to before here
select about, kept, found, count(*) over () as broken
from (
  select 'product ' || product_id as about, '0 or more' as kept,
    stock::text as found from products.inventory where stock < 0
  union all
  select 'order ' || o.id || ', product ' || i.product_id, o.status || ', nothing taken', i.stock_taken || ' taken'
  from orders.orders o
  cross join lateral (select product_id, stock_taken from orders.order_items where order_id = o.id
    and stock_taken > 0 offset 0) i
  where o.created_at >= $2 and o.created_at < $3 and o.status in ('cancelled', 'failed') and o.shipped_at is null
) wrong
order by about
limit $1
