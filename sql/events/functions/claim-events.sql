-- Takes hold of up to `most` events for `hold`: of each order only the oldest that waits, so that none overtakes
-- another. Goes from order to order behind `walked_to`, a look-up in the index of what waits for each, so that the time
-- it takes depends on neither how many wait, nor how many wait of one order, nor how many are done; and looks at no
-- more than `look_at` orders, since others may hold many. `walked_to` comes back as the order to go on behind, or null
-- once there is none.
create or replace function orders.claim_events(
  most bigint, look_at bigint, hold interval, inout walked_to bigint, out events json
) language plpgsql as $$
declare
  oldest record;
  ids bigint[] := '{}';
begin
  for n in 1 .. look_at loop
    select o.order_id, o.id, o.claimed_until into oldest from orders.outbox o
    where o.published_at is null and o.order_id > walked_to
    order by o.order_id, o.id limit 1;
    if not found then
      walked_to := null;
      exit;
    end if;
    walked_to := oldest.order_id;
    continue when oldest.claimed_until > now();

    -- Another relay may have come first. By its id alone: with "published_at is null" beside it the index of what waits
    -- would do, too, all of it.
    select o.id, o.published_at, o.claimed_until into oldest from orders.outbox o where o.id = oldest.id
    for update skip locked;
    continue when not found or oldest.published_at is not null or oldest.claimed_until > now();
    update orders.outbox o set claimed_until = now() + hold, attempts = o.attempts + 1 where o.id = oldest.id;
    ids := ids || oldest.id;
    exit when cardinality(ids) >= most;
  end loop;

  -- Here and not in the statement that calls: it does not see what was committed since it began.
  select coalesce(json_agg(json_build_object(
    'id', o.id, 'message_id', o.message_id, 'order_id', o.order_id, 'event_type', o.event_type,
    'payload', o.payload::text, 'occurred_at', o.occurred_at, 'traceparent', o.traceparent)), '[]')
  into events
  from orders.outbox o where o.id = any (ids);
end
$$;
