-- Places an order, at most once per Idempotency-Key; the response is the order's details as JSON text.
-- $1 operation text: place, checkout, place_managed or place_for_caller
-- $2 input jsonb: user_id or caller, items, sell_unpriced, and the order's own fields
-- $3 context jsonb: actor, request_id, caller, idempotency_key, request_hash, meaning_hash
select order_id, answer, refusal, replayed from orders.place($1, $2, $3)
