-- Takes a SKU from a product that gets another one in this load, where another product gets it: the unique key is
-- checked row by row.
update products.products p set sku = null
from chosen_inventory c
where c.product_id = p.product_id and c.sku is not null and not c.has_sku
  and exists (select from chosen_inventory taker where taker.sku = p.sku)
