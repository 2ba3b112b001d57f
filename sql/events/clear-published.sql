-- Clears events published so many days ago.
-- $1 limit bigint
-- $2 days double precision
delete from orders.outbox where id = any (array(
  select id from orders.outbox where published_at < now() - $2 * interval '1 day' order by published_at limit $1))
returning id
