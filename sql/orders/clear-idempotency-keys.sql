-- Clears the answers kept for Idempotency-Keys that are older than 24 hours.
-- $1 limit bigint
delete from gateway.idempotency_keys where (caller, key) in (
  select caller, key from gateway.idempotency_keys where created_at < now() - interval '24 hours' limit $1 for update skip locked
) returning key
