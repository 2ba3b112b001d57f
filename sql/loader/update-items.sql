-- The order items that are there already, as the file has them now; price and snapshots are those of the time they were
-- made.
update orders.order_items i set
  quantity = coalesce(c.quantity, i.quantity), add_to_cart_order = c.add_to_cart_order,
  reordered = coalesce(c.reordered, i.reordered), stock_taken = least(i.stock_taken, coalesce(c.quantity, i.quantity))
from chosen_items c
where c.known and i.order_id = c.order_id and i.product_id = c.product_id
  and (i.quantity, i.add_to_cart_order, i.reordered)
  is distinct from (coalesce(c.quantity, i.quantity), c.add_to_cart_order, coalesce(c.reordered, i.reordered))
