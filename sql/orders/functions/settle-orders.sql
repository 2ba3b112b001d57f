-- Settles the orders made before `latest`, the oldest first and about `most` of them at once, and says until when all
-- are settled now. To be called until that is `latest`; a call that has to wait for others says so by staying where it
-- is.
--
-- No writer of orders is held up, but for the moment of settling those of the very orders that are settled, a week old
-- and more. One call says up to when (`closing`). Whoever changes such an order from then on locks the row
-- (orders.settled_before), so that it either is counted here or finds the order settled. Who began before may not know:
-- a later call waits until all transactions there were after `closing` was committed are over (`horizon`; no lock, it
-- looks at the snapshot), and then settles. A load or somebody who dates orders back meanwhile is no exception.
create or replace function orders.settle_orders(most bigint, latest timestamptz) returns timestamptz
language plpgsql set lock_timeout = '50ms' set plan_cache_mode = force_custom_plan as $$
declare
  -- Looked at before anything is written: this transaction has no number yet that it would wait for.
  seen record;
  known orders.settled_orders;
  next_one timestamptz;
begin
  select s.closing, s.horizon, pg_snapshot_xmin(now_.snapshot) as oldest_running,
    pg_snapshot_xmax(now_.snapshot) as next_to_come into seen
  from orders.settled_orders s, (select pg_current_snapshot() as snapshot) now_;
  -- Whoever holds what this needs for longer goes first.
  begin
    select * into known from orders.settled_orders for update;
    if (known.closing, known.horizon) is distinct from (seen.closing, seen.horizon) then
      return known.until;
    end if;

    if known.closing is not null then
      if known.horizon is null then
        known.horizon := seen.next_to_come;
        update orders.settled_orders set horizon = known.horizon;
      end if;
      if seen.oldest_running < known.horizon then
        return known.until;
      end if;
      perform orders.settle_between(known.until, known.closing);
      known.until := known.closing;
    end if;

    if known.until < latest then
      -- More than `most` at one moment are settled together.
      next_one := (select created_at from orders.orders where created_at >= known.until order by created_at,
        id offset most limit 1);
      update orders.settled_orders set horizon = null,
        closing = least(latest, greatest(coalesce(next_one, latest), known.until + interval '1 microsecond'));
    end if;
    return known.until;
  exception when lock_not_available or deadlock_detected then
    return (select until from orders.settled_orders);
  end;
end
$$;
