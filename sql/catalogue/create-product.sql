-- Makes a product.
-- $1 product jsonb: name, price_cents, department_id, aisle_id, description, image_url, sku, stock
-- $2 context jsonb: actor, request_id
select * from products.create_product($1, $2)
