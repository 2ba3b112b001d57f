-- Marks events that the broker has confirmed. From then on they are kept for looking into only, which takes nobody's
-- address. By id alone: with "published_at is null" beside it the index of what waits would do, too, all of it.
-- $1 ids bigint[]
update orders.outbox set
  published_at = coalesce(published_at, now()), claimed_until = null, last_error = null,
  payload = case jsonb_typeof(payload)
    when 'object' then jsonb_set(payload, '{user_email}', 'null', false)
    else payload end
where id = any ($1::bigint[])
returning id
