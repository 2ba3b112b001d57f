-- $1 user_id uuid
-- $2 item jsonb
-- $3 if_match text[]
select cart_id, version, document from bench_best.add_cart_item($1, $2, $3)
