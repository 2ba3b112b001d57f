-- One product with its price in cents and its stock.
-- $1 product_id integer
select * from products.managed_products where id = $1
