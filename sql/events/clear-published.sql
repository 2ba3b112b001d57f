-- Clears events published so many days ago.
-- $1 limit bigint
-- $2 days double precision
delete from orders.outbox where id in (
  select id from orders.outbox where published_at < now() - $2 * interval '1 day' limit $1
) returning id
