-- Gives a webhook a new secret; the one before signs along for a while.
-- $1 id bigint
-- $2 secret text: encrypted
-- $3 hours double precision
update gateway.webhooks set
  previous_secret = secret, previous_until = now() + $3 * interval '1 hour', secret = $2, updated_at = now()
where id = $1 and deleted_at is null
returning id
