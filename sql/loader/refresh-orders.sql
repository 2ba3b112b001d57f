-- Totals, status and its times, of the orders that were there already and got items or history in this load.
update orders.orders o set
  total_items = items.total_items, total_quantity = items.total_quantity, total_price = items.total_price,
  status = coalesce(changes.status, o.status), confirmed_at = coalesce(changes.confirmed_at, o.confirmed_at),
  shipped_at = coalesce(changes.shipped_at, o.shipped_at), delivered_at = coalesce(changes.delivered_at, o.delivered_at)
from (
  select order_id as id from chosen_items union select order_id from chosen_history
) touched
cross join lateral (
  select count(*) as total_items, coalesce(sum(i.quantity), 0) as total_quantity,
    coalesce(sum(i.price * i.quantity), 0) as total_price
  from orders.order_items i
  where i.order_id = touched.id
) items
cross join lateral (
  select (array_agg(h.status order by h.changed_at desc, h.history_id desc))[1] as status,
    min(h.changed_at) filter (where h.status = 'confirmed') as confirmed_at,
    min(h.changed_at) filter (where h.status = 'shipped') as shipped_at,
    min(h.changed_at) filter (where h.status = 'delivered') as delivered_at
  from orders.order_status_history h
  where h.order_id = touched.id
) changes
where o.id = touched.id
  and (o.total_items, o.total_quantity, o.total_price, o.status)
  is distinct from (
    items.total_items::integer, items.total_quantity, items.total_price, coalesce(changes.status, o.status))
