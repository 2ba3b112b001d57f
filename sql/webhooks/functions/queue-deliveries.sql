-- Puts an event into the queue of each webhook that wants it: behind an earlier one of the same order, if one waits.
-- That is looked for by pairs, which only the index by order serves; up to the pair as well, since behind it there may
-- be many that are over and not yet vacuumed.
create or replace function gateway.queue_deliveries(
  event_id bigint, order_id bigint, event_type text, occurred_at timestamptz
) returns void
language sql as $$
  insert into gateway.webhook_deliveries (webhook_id, event_id, order_id, next_attempt_at)
  select w.id, $1, $2, case when (
    select true from gateway.webhook_deliveries d
    where (d.webhook_id, d.order_id) >= (w.id, $2) and (d.webhook_id, d.order_id) <= (w.id, $2)
      and d.delivered_at is null and d.failed_at is null
    order by d.webhook_id, d.order_id, d.id limit 1) then 'infinity' else now() end
  from gateway.webhooks w
  where w.active and w.deleted_at is null and $3 = any (w.event_types) and w.created_at <= $4
$$;
