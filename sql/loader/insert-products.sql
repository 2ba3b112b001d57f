-- The products that are new.
insert into products.products (product_id, product_name, department_id, aisle_id)
select product_id, product_name, department_id, aisle_id from chosen_products where not known
