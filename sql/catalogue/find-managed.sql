-- One product with its price in cents and its stock.
-- $1 product_id integer
select version, id, name, price_cents, stock from products.managed_products where id = $1
