-- Gives up to `most` events that have been committed their place in the feed, and puts them into the queues of the
-- webhooks that want them. `last_sequence`: how far the feed goes now.
-- The ids of events are not in the order in which they are committed: whoever reads behind an id misses one that came
-- late. Here one at a time numbers what it sees, and commits before the next one begins, so a number that can be seen
-- has all smaller ones before it. A transaction that takes long holds up its own events only.
-- Those of one order are committed in the order of their ids (sql/events/functions/record-event.sql).
create or replace function orders.number_events(most bigint, out numbered bigint, out last_sequence bigint)
language plpgsql as $$
declare
  event record;
  is_wanted boolean;
begin
  numbered := 0;
  select f.last_sequence into last_sequence from orders.event_feed f;
  perform from orders.outbox o where o.sequence is null order by o.sequence, o.id limit 1;
  if not found or not pg_try_advisory_xact_lock(70000002) then
    return;
  end if;
  -- What is recorded of deliveries (sql/webhooks/functions/record-deliveries.sql) is seen from here on, or begins when
  -- this has ended: whether an event waits for an earlier one of its order is not a matter of luck.
  perform pg_advisory_xact_lock(70000003);
  select f.last_sequence into last_sequence from orders.event_feed f for no key update;
  is_wanted := exists (select from gateway.webhooks w where w.active and w.deleted_at is null);

  for event in
    select o.id, o.order_id, o.event_type, o.occurred_at from orders.outbox o
    where o.sequence is null order by o.sequence, o.id limit most
  loop
    last_sequence := last_sequence + 1;
    numbered := numbered + 1;
    update orders.outbox o set sequence = last_sequence where o.id = event.id;
    if is_wanted then
      perform gateway.queue_deliveries(event.id, event.order_id, event.event_type, event.occurred_at);
    end if;
  end loop;
  update orders.event_feed f set last_sequence = number_events.last_sequence;
end
$$;
