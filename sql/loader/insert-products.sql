-- The products that are new; where one came to be meanwhile, as the file has it.
insert into products.products (product_id, product_name, department_id, aisle_id)
select product_id, product_name, department_id, aisle_id from chosen_products where not known
on conflict (product_id) do update set
  product_name = excluded.product_name, department_id = excluded.department_id, aisle_id = excluded.aisle_id
