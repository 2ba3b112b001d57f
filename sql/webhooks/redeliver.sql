-- Sends a delivery again, whatever became of it, as if it were new. One that is under way, or behind an earlier one of
-- its order, stays as it is.
-- $1 webhook_id bigint
-- $2 id bigint
update gateway.webhook_deliveries d set
  next_attempt_at = case
    when d.delivered_at is not null or d.failed_at is not null or d.is_delayed then now() else d.next_attempt_at end,
  expires_at = now() + interval '3 days',
  delivered_at = null, failed_at = null, attempts = 0, is_delayed = false
where d.id = $2 and d.webhook_id = $1
  and exists (select from gateway.webhooks w where w.id = $1 and w.deleted_at is null)
returning d.id
