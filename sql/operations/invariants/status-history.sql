-- The history of an order placed here begins with pending, moves as statuses may, and ends with the order's status.
-- $1 most bigint: broken ones to show
-- $2 since timestamptz: of orders made from here
-- $3 before timestamptz: to before here
with allowed as materialized (
  select array_agg(from_status || ' ' || to_status) as steps from orders.status_transitions
)
select 'order ' || o.id as about, 'pending first, allowed steps, at last ' || o.status as kept,
  coalesce(array_to_string(h.statuses, ' '), 'no history') as found, count(*) over () as broken
from orders.orders o
cross join lateral (
  select array_agg(status) as statuses
  from (select status from orders.order_status_history where order_id = o.id order by changed_at, history_id) own
) h
where o.created_at >= $2 and o.created_at < $3 and orders.is_placed_here(o)
  and (coalesce(h.statuses[1] <> 'pending' or h.statuses[cardinality(h.statuses)] <> o.status, true)
    or exists (
      select from generate_subscripts(h.statuses, 1) n
      where n > 1 and h.statuses[n - 1] || ' ' || h.statuses[n] <> all ((select steps from allowed)::text[])))
order by o.id
limit $1
