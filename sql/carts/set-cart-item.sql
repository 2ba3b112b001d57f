-- Sets an item's quantity in a user's cart; 0 removes it.
-- $1 user_id uuid
-- $2 product_id integer
-- $3 quantity integer
-- $4 if_match text[]: null for any version
select cart_id, version, document from orders.set_cart_item($1, $2, $3, $4)
