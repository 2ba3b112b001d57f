-- Clears the responses kept for Idempotency-Keys that are older than 24 hours.
-- $1 limit bigint
delete from gateway.idempotency_keys where ctid = any (array(
  select ctid from gateway.idempotency_keys where created_at < now() - interval '24 hours' order by created_at limit $1
  for update skip locked))
returning key
