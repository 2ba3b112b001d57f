-- Merges a guest's items into a user's cart: of what both have, the higher quantity counts.
-- $1 user_id uuid
-- $2 items jsonb: [{product_id, quantity, reordered}]
-- $3 if_match text[]: null for any version
select cart_id, version, document from orders.merge_cart($1, $2, $3)
