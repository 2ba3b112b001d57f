-- The products that are there already, as the file has them now.
update products.products p set
  product_name = c.product_name, department_id = c.department_id, aisle_id = c.aisle_id
from chosen_products c
where c.known and p.product_id = c.product_id
  and (p.product_name, p.department_id, p.aisle_id) is distinct from (c.product_name, c.department_id, c.aisle_id)
