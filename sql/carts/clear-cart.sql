-- Empties a user's cart and keeps it.
-- $1 user_id uuid
-- $2 if_match text[]: null for any version
select cart_id, version, document from orders.clear_cart($1, $2)
