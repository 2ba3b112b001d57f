-- Clears events published more than a week ago.
-- $1 limit bigint
delete from orders.outbox where id in (
  select id from orders.outbox where published_at < now() - interval '7 days' limit $1
) returning id
