-- Deletes a webhook; its deliveries are cleared in batches (clear-deliveries.sql).
-- $1 id bigint
update gateway.webhooks set
  deleted_at = now(), active = false, secret = '', previous_secret = null
where id = $1 and deleted_at is null
returning id
