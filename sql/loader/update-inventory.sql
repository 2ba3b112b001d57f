-- The stocks that are tracked already, as the file has them now: a stocktaking, whatever was sold meanwhile. Those that
-- change are locked in the order of their ids first, as orders lock them.
with locked as materialized (
  select i.product_id from products.inventory i
  join chosen_inventory c on c.product_id = i.product_id
  where i.stock <> c.stock
  order by i.product_id
  for no key update of i
)
update products.inventory i set stock = c.stock, updated_at = now()
from chosen_inventory c
join locked l on l.product_id = c.product_id
where i.product_id = c.product_id and i.stock <> c.stock
