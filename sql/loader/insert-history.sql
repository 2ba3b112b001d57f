-- The status changes that are new, and one for each new order without any. An order's first one is its creation.
insert into orders.order_status_history (order_id, status, changed_at, note)
select order_id, status, changed_at,
  case when place = 1 and status = 'pending' and is_new_order then 'Order created' end
from (
  select h.order_id, h.status, h.changed_at, h.place, c.id is not null as is_new_order
  from chosen_history h
  left join chosen_orders c on c.id = h.order_id and not c.known
  where not h.known
  union all
  select c.id, 'pending', c.created_at, 1, true
  from chosen_orders c
  where not c.known and not exists (select from chosen_history h where h.order_id = c.id)
) entries
order by order_id, place
