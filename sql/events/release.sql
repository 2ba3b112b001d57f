-- Lets go of events that could not be published, and keeps why.
-- $1 ids bigint[]
-- $2 reason text
update orders.outbox set claimed_until = null, last_error = $2
where id = any ($1::bigint[]) and published_at is null
returning id
