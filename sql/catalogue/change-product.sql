-- Changes a product's name, price or stock.
-- $1 product_id integer
-- $2 changes jsonb: any of name, price_cents, stock (null: not tracked any more)
-- $3 if_match text[]: null for any version
-- $4 context jsonb: actor, request_id
select * from products.change_product($1, $2, $3, $4)
