-- Lets go of events that could not be published, and keeps why.
-- $1 ids bigint[]
-- $2 reason text
update orders.outbox set claimed_until = null, last_error = case when published_at is null then $2 end
where id = any ($1::bigint[])
returning id
