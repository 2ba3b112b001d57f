-- $1 operation text
-- $2 input jsonb
-- $3 context jsonb
select order_id, answer, refusal, replayed from bench_best.place($1, $2, $3)
