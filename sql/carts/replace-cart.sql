-- Has a user's cart hold these items and no others.
-- $1 user_id uuid
-- $2 items jsonb: [{product_id, quantity, reordered}]
-- $3 if_match text[]: null for any version
select cart_id, version, document from orders.replace_cart($1, $2, $3)
