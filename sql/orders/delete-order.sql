-- Deletes an order; its stock comes back by trigger where it was not shipped.
-- $1 order_id bigint
-- $2 if_match text[]: null for any version
select orders.delete_order($1, $2) as deleted
