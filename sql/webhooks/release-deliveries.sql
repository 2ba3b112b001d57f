-- Lets go of deliveries that were taken and not tried.
-- $1 ids bigint[]
update gateway.webhook_deliveries set next_attempt_at = now(), attempts = greatest(attempts - 1, 0)
where id = any ($1::bigint[]) and delivered_at is null and failed_at is null
returning id
