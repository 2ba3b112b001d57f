-- $1 operation text
-- $2 input jsonb
-- $3 context jsonb
select order_id, answer, refusal, replayed from bench_reference.answer_once($1, $2, $3)
