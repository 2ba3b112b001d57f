-- The names of these products.
-- $1 product_ids integer[]
select product_id, product_name from products.products where product_id = any ($1::text[]::integer[])
