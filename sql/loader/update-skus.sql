-- The SKUs of the products in the inventory's file; a row without one leaves the one there is.
update products.products p set sku = c.sku
from chosen_inventory c
where c.product_id = p.product_id and p.sku is distinct from c.sku and c.sku is not null
