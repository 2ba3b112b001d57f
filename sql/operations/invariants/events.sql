-- No event comes before its order: none is older than the order, and none of an order is recorded before its creation
-- is.
-- $1 most bigint: broken ones to show
select 'order ' || e.order_id as about,
  case when e.first_id < e.created_id then 'order_created first' else 'at ' || o.created_at || ' or later' end as kept,
  'event ' || e.first_id || ' at ' || e.earliest as found, count(*) over () as broken
from (
  select order_id, min(id) as first_id, min(id) filter (where event_type = 'order_created') as created_id,
    min(occurred_at) as earliest,
    count(*) filter (where event_type = 'order_created') as creations
  from orders.outbox
  group by order_id
) e
left join orders.orders o on o.id = e.order_id and orders.is_placed_here(o)
where e.first_id < e.created_id or e.creations > 1 or e.earliest < o.created_at
order by e.order_id
limit $1
