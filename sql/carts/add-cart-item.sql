-- Adds an item to a user's cart, or more of it.
-- $1 user_id uuid
-- $2 item jsonb: {product_id, quantity, reordered}
-- $3 if_match text[]: null for any version
select cart_id, version, document from orders.add_cart_item($1, $2, $3)
