-- Marks events that the broker has confirmed.
-- $1 ids bigint[]
update orders.outbox set published_at = now(), claimed_until = null, last_error = null
where id = any ($1::bigint[]) and published_at is null
returning id
