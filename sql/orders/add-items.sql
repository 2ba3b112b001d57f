-- Adds items to an order and returns the lines touched as a JSON array.
-- $1 order_id bigint
-- $2 items jsonb: [{product_id, quantity, add_to_cart_order, reordered}]
-- $3 context jsonb: actor, request_id, sell_unpriced
select orders.add_items($1, $2, $3) as added
