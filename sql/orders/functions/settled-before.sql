-- Before when all orders are settled, for a trigger that has changed orders made from `earliest` to `latest`; it stays
-- so until the transaction ends. An order that is settled stays settled, and one that nobody is about to settle yet is
-- not settled before this transaction is over (orders.settle_orders waits for it). In between the row is locked, which
-- orders.settle_orders waits for too, and with it writers of such old orders for the moment in which they are settled.
create or replace function orders.settled_before(earliest timestamptz, latest timestamptz) returns timestamptz
language plpgsql as $$
declare
  known orders.settled_orders;
begin
  select * into known from orders.settled_orders;
  -- With an older snapshot than this statement's, what it knows may be out of date: then the lock fails (40001).
  if latest >= known.until and (earliest < known.closing or current_setting('transaction_isolation') <>
    'read committed') then
    select * into known from orders.settled_orders for share;
  end if;
  return known.until;
end
$$;
