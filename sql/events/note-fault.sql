-- Keeps with the oldest event that waits why none goes out.
-- $1 reason text
update orders.outbox set last_error = $1
where id = (select id from orders.outbox where published_at is null order by id limit 1) and last_error is distinct from $1
returning id
