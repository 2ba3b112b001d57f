-- Clears events published more than a week ago.
-- $1 limit bigint
delete from orders.outbox where id = any (array(
  select id from orders.outbox where published_at < now() - interval '7 days' order by published_at limit $1))
returning id
