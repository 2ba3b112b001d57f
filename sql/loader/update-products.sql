-- The products that are there already, as the file has them now.
-- $1 kept_columns text[]: what the file does not have, and leaves as it is
update products.products p set
  product_name = c.product_name,
  department_id = case when 'department_id' = any ($1::text[]) then p.department_id else c.department_id end,
  aisle_id = case when 'aisle_id' = any ($1) then p.aisle_id else c.aisle_id end
from chosen_products c
where c.known and p.product_id = c.product_id
  and (p.product_name <> c.product_name
    or not 'department_id' = any ($1) and p.department_id is distinct from c.department_id
    or not 'aisle_id' = any ($1) and p.aisle_id is distinct from c.aisle_id)
