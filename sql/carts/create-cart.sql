-- Creates a user's cart.
-- $1 user_id uuid
-- $2 items jsonb: [{product_id, quantity, reordered}]
select cart_id, version, document from orders.create_cart($1, $2)
