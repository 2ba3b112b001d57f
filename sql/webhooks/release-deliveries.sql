-- Lets go of deliveries that were taken and not tried. By id alone: written as one condition, that they wait opens no
-- index of what waits.
-- $1 ids bigint[]
update gateway.webhook_deliveries set next_attempt_at = now(), attempts = greatest(attempts - 1, 0)
where id = any ($1::bigint[]) and coalesce(delivered_at, failed_at) is null
returning id
