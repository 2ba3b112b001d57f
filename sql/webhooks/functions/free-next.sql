-- These deliveries are over, one way or the other: the next ones of their orders are due. Looked for as in
-- queue-deliveries.sql.
create or replace function gateway.free_next(finished bigint[]) returns void
language sql as $$
  update gateway.webhook_deliveries set next_attempt_at = now()
  where next_attempt_at = 'infinity' and id = any (array(
    select (
      select d.id from gateway.webhook_deliveries d
      where (d.webhook_id, d.order_id) >= (f.webhook_id, f.order_id)
        and (d.webhook_id, d.order_id) <= (f.webhook_id, f.order_id) and d.delivered_at is null and d.failed_at is null
      order by d.webhook_id, d.order_id, d.id limit 1)
    from gateway.webhook_deliveries f
    where f.id = any (finished) and f.order_id is not null))
$$;
