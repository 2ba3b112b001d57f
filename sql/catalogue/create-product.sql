-- Makes a product.
-- $1 product jsonb: name, price_cents, department_id, aisle_id, description, image_url, sku, stock
select version, id, name, price_cents, stock from products.create_product($1)
