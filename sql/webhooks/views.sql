-- A webhook as the management API shows it: without its secret.
create or replace view gateway.shown_webhooks as
select w.id, w.url, to_json(w.event_types) as event_types, w.active, w.disabled_reason, w.failures, w.last_error,
  case when w.paused_until > now() then w.paused_until end as paused_until,
  case when w.previous_until > now() then w.previous_until end as previous_secret_until,
  w.created_at, w.updated_at
from gateway.webhooks w
where w.deleted_at is null;

-- A delivery as the management API shows it.
create or replace view gateway.shown_deliveries as
select d.id, d.webhook_id,
  coalesce((select o.message_id from orders.outbox o where o.id = d.event_id), d.message_id) as message_id,
  coalesce((select o.event_type from orders.outbox o where o.id = d.event_id), 'test') as event_type, d.order_id,
  case when d.delivered_at is not null then 'delivered' when d.failed_at is not null then 'failed' else 'waiting' end
    as status,
  d.attempts, d.last_status, d.last_error, d.took_ms, d.created_at,
  case when d.delivered_at is null and d.failed_at is null and d.next_attempt_at < 'infinity' then d.next_attempt_at end
    as next_attempt_at,
  d.delivered_at, d.failed_at
from gateway.webhook_deliveries d;
