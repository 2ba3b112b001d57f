-- Clears tests of so many days ago, and what deleted webhooks leave behind; other deliveries go with their events.
-- $1 limit bigint
-- $2 days double precision
delete from gateway.webhook_deliveries where id = any (array(
  (select id from gateway.webhook_deliveries
   where event_id is null and created_at < now() - $2 * interval '1 day' order by created_at limit $1)
  union all
  (select d.id
   from (select id from gateway.webhooks where deleted_at is not null order by id) w
   cross join lateral (
     select id from gateway.webhook_deliveries where webhook_id = w.id order by webhook_id, id limit $1
   ) d
   limit $1)
  limit $1))
returning id
