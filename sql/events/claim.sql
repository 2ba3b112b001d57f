-- Takes hold of events to publish: of each order only the oldest that waits, so that none overtakes another.
-- $1 limit bigint
-- $2 hold_seconds double precision: after which others may take them
update orders.outbox o set claimed_until = now() + $2 * interval '1 second', attempts = o.attempts + 1
from (
  select waiting.id from orders.outbox waiting
  where waiting.published_at is null
    and (waiting.claimed_until is null or waiting.claimed_until < now())
    and not exists (
      select from orders.outbox earlier
      where earlier.published_at is null and earlier.order_id = waiting.order_id and earlier.id < waiting.id)
  order by waiting.id
  limit $1
  for update skip locked
) claimed
where o.id = claimed.id
returning o.id, o.message_id, o.order_id, o.event_type, o.payload::text as payload, o.occurred_at
