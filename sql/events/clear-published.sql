-- Clears events so many days old that nobody waits for any more: neither the broker nor a webhook that is switched on.
-- An event's deliveries are looked up by it alone: the indexes of what waits would do, too, all of it.
-- $1 limit bigint
-- $2 days double precision
delete from orders.outbox where id = any (array(
  select o.id from orders.outbox o
  where o.published_at < now() - $2 * interval '1 day'
    and not coalesce((
      select bool_or(w.active and w.deleted_at is null)
      from (select * from gateway.webhook_deliveries where event_id = o.id offset 0) d
      cross join lateral (select * from gateway.webhooks where id = d.webhook_id offset 0) w
      where d.delivered_at is null and d.failed_at is null), false)
  order by o.published_at limit $1))
returning id
