-- Makes a product.
-- $1 product jsonb: name, price_cents, department_id, aisle_id, description, image_url, sku, stock
select * from products.create_product($1)
