-- The same Idempotency-Key with the same JSON in another order of members is the same request: beside the hash of the body as it was sent,
-- by which an older gateway compares, one of what it means. Null for keys of an older gateway.
alter table gateway.idempotency_keys add column meaning_hash text;
