-- Keeps orders.product_totals exact: what changes of a settled order changes the sums, in the same transaction. Rows are touched in
-- the order of their keys, so that two writers wait instead of deadlocking.

-- Before when all orders are settled, for a trigger that has changed orders made from `earliest` to `latest`; it stays so until the
-- transaction ends. An order that is settled stays settled, and one that nobody is about to settle yet is not settled before this transaction
-- is over (orders.settle_orders waits for it). In between the row is locked, which orders.settle_orders waits for too, and with it writers of
-- such old orders for the moment in which they are settled.
create or replace function orders.settled_before(earliest timestamptz, latest timestamptz) returns timestamptz
language plpgsql as $$
declare
  known orders.settled_orders;
begin
  select * into known from orders.settled_orders;
  -- With an older snapshot than this statement's, what it knows may be out of date: then the lock fails (40001).
  if latest >= known.until and (earliest < known.closing or current_setting('transaction_isolation') <> 'read committed') then
    select * into known from orders.settled_orders for share;
  end if;
  return known.until;
end
$$;

-- An item brings its whole order to the sums of its product, or takes it away.
create or replace function orders.sum_changed_items() returns trigger
language plpgsql as $$
declare
  sign constant integer := case tg_op when 'INSERT' then 1 else -1 end;
  earliest timestamptz;
  latest timestamptz;
  settled timestamptz;
  closing timestamptz;
begin
  -- In one look, since every order that is placed pays for it: newer orders than those about to be settled need no more.
  select s.until, s.closing, c.earliest, c.latest into settled, closing, earliest, latest
  from orders.settled_orders s, (select min(ordered_at) as earliest, max(ordered_at) as latest from changed) c;
  if earliest < greatest(settled, closing) or current_setting('transaction_isolation') <> 'read committed' then
    settled := orders.settled_before(earliest, latest);
  end if;
  if earliest is null or earliest >= settled then
    return null;
  end if;
  insert into orders.product_totals as kept (product_id, status, month, orders, total_quantity, total_price)
  select i.product_id, o.status, orders.month_of(o.created_at),
    sign * count(*), sign * sum(o.total_quantity), sign * sum(o.total_price)
  from changed i
  join orders.orders o on o.id = i.order_id
  where o.created_at < settled
  group by 1, 2, 3
  order by 1, 2, 3
  on conflict (product_id, status, month) do update set
    orders = kept.orders + excluded.orders,
    total_quantity = kept.total_quantity + excluded.total_quantity,
    total_price = kept.total_price + excluded.total_price;
  return null;
end
$$;

-- A change of the order moves it in the sums of all its products.
create or replace function orders.sum_changed_orders() returns trigger
language plpgsql as $$
declare
  earliest timestamptz;
  latest timestamptz;
  settled timestamptz;
  closing timestamptz;
begin
  select s.until, s.closing, c.earliest, c.latest into settled, closing, earliest, latest
  from orders.settled_orders s, (
    select min(created_at) as earliest, max(created_at) as latest
    from (select created_at from added union all select created_at from removed) changed
  ) c;
  if earliest < greatest(settled, closing) or current_setting('transaction_isolation') <> 'read committed' then
    settled := orders.settled_before(earliest, latest);
  end if;
  if earliest is null or earliest >= settled then
    return null;
  end if;
  insert into orders.product_totals as kept (product_id, status, month, orders, total_quantity, total_price)
  select i.product_id, moved.status, moved.month, sum(moved.n), sum(moved.quantity), sum(moved.price)
  from added
  join removed using (id)
  cross join lateral (values
    (1, added.created_at, added.status, orders.month_of(added.created_at), added.total_quantity, added.total_price),
    (-1, removed.created_at, removed.status, orders.month_of(removed.created_at), -removed.total_quantity, -removed.total_price)
  ) as moved (n, made_at, status, month, quantity, price)
  join orders.order_items i on i.order_id = added.id
  where moved.made_at < settled
    and (added.status, added.created_at, added.total_quantity, added.total_price)
    is distinct from (removed.status, removed.created_at, removed.total_quantity, removed.total_price)
  group by 1, 2, 3
  having sum(moved.n) <> 0 or sum(moved.quantity) <> 0 or sum(moved.price) <> 0
  order by 1, 2, 3
  on conflict (product_id, status, month) do update set
    orders = kept.orders + excluded.orders,
    total_quantity = kept.total_quantity + excluded.total_quantity,
    total_price = kept.total_price + excluded.total_price;
  return null;
end
$$;

-- The sums would have to follow; nobody needs it.
create or replace function orders.keep_item_key() returns trigger
language plpgsql as $$
begin
  raise exception 'an order item keeps its order and product: delete it and insert another' using errcode = '0A000';
end
$$;

create or replace function orders.month_of(moment timestamptz) returns date
language sql immutable as $$
  select date_trunc('month', moment at time zone 'UTC')::date
$$;

-- Adds the orders made from `earliest` to before `latest` to the sums, and says so.
create or replace function orders.settle_between(earliest timestamptz, latest timestamptz) returns void
language plpgsql set work_mem = '128MB'
-- A plan kept from when there were no items would look through all of them for each order, by the index of the other list.
set plan_cache_mode = force_custom_plan as $$
begin
  insert into orders.product_totals as kept (product_id, status, month, orders, total_quantity, total_price)
  select i.product_id, o.status, orders.month_of(o.created_at), count(*), sum(o.total_quantity), sum(o.total_price)
  from orders.orders o
  -- A look-up for each order: a join planned while there were few reads all items, for each.
  cross join lateral (select product_id from orders.order_items where order_id = o.id offset 0) i
  where o.created_at >= earliest and o.created_at < latest
  group by 1, 2, 3
  order by 1, 2, 3
  on conflict (product_id, status, month) do update set
    orders = kept.orders + excluded.orders,
    total_quantity = kept.total_quantity + excluded.total_quantity,
    total_price = kept.total_price + excluded.total_price;
  update orders.settled_orders set until = latest, closing = null, horizon = null;
end
$$;

-- All orders there are, for a transaction that keeps writers out by locks of its own: a migration, the first load.
create or replace function orders.settle_all() returns void
language plpgsql as $$
begin
  lock table orders.orders, orders.order_items in share row exclusive mode;
  delete from orders.product_totals;
  perform orders.settle_between('-infinity', clock_timestamp());
end
$$;

create or replace trigger order_items_sum_inserted after insert on orders.order_items
referencing new table as changed for each statement execute function orders.sum_changed_items();

create or replace trigger order_items_sum_deleted after delete on orders.order_items
referencing old table as changed for each statement execute function orders.sum_changed_items();

create or replace trigger order_items_keep_key before update of order_id, product_id on orders.order_items
for each row when ((old.order_id, old.product_id) is distinct from (new.order_id, new.product_id))
execute function orders.keep_item_key();

create or replace trigger orders_sum_updated after update on orders.orders
referencing old table as removed new table as added for each statement execute function orders.sum_changed_orders();

-- The orders that were there before the sums. In the transaction that has just made the triggers, so that none is missed.
do $$
begin
  if (select until from orders.settled_orders) = '-infinity' then
    perform orders.settle_all();
  end if;
end
$$;
