-- Keeps why none goes out, with the first event of what waits by its index: by id alone all that is published would be
-- gone through.
-- $1 reason text
update orders.outbox set last_error = $1
where id = (select id from orders.outbox where published_at is null order by order_id, id limit 1)
  and last_error is distinct from $1
returning id
