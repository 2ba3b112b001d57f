-- Deletes a user's cart.
-- $1 user_id uuid
-- $2 if_match text[]: null for any version
select orders.delete_cart($1, $2) as deleted
