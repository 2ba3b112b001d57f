-- order_items.ordered_at is a copy of the order's created_at, which update-orders.sql may have changed.
update orders.order_items i set ordered_at = c.created_at
from chosen_orders c
where c.known and i.order_id = c.id and i.ordered_at <> c.created_at
