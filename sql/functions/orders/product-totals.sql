-- Keeps orders.product_totals exact: what changes of a settled order changes the sums, in the same transaction. Rows are touched in
-- the order of their keys, so that two writers wait instead of deadlocking.
-- Each trigger looks up what is settled while it holds its table's write lock, which orders.settle_orders waits for: nothing can
-- be settled between the look and the commit.

-- An item brings its whole order to the sums of its product, or takes it away.
create or replace function orders.sum_changed_items() returns trigger
language plpgsql as $$
declare
  sign constant integer := case tg_op when 'INSERT' then 1 else -1 end;
  settled constant timestamptz := (select until from orders.settled_orders);
begin
  if not exists (select from changed where ordered_at < settled) then
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
  settled constant timestamptz := (select until from orders.settled_orders);
begin
  if not exists (select from added where created_at < settled) and not exists (select from removed where created_at < settled) then
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

-- Settles the orders made before `latest`, the oldest first and about `most` of them, and says until when all are settled now. Nobody
-- writes orders meanwhile, so `most` is to be small in a running shop; it gives up where it does not get the tables at once. An order that is dated
-- back later, by hand or by a load, is summed by the triggers above.
create or replace function orders.settle_orders(most bigint, latest timestamptz) returns timestamptz
language plpgsql set work_mem = '128MB' set lock_timeout = '500ms' as $$
declare
  settled timestamptz;
  next_one timestamptz;
begin
  begin
    -- Against writers, and against another one who settles.
    lock table orders.orders, orders.order_items in share row exclusive mode;
  exception when lock_not_available or deadlock_detected then
    return (select until from orders.settled_orders);
  end;
  settled := (select until from orders.settled_orders);
  next_one := (select created_at from orders.orders where created_at >= settled order by created_at, id offset most limit 1);
  -- More than `most` at one moment are settled together.
  next_one := least(latest, greatest(coalesce(next_one, latest), settled + interval '1 microsecond'));
  if next_one <= settled then
    return settled;
  end if;

  insert into orders.product_totals as kept (product_id, status, month, orders, total_quantity, total_price)
  select i.product_id, o.status, orders.month_of(o.created_at), count(*), sum(o.total_quantity), sum(o.total_price)
  from orders.orders o
  join orders.order_items i on i.order_id = o.id
  where o.created_at >= settled and o.created_at < next_one
  group by 1, 2, 3
  order by 1, 2, 3
  on conflict (product_id, status, month) do update set
    orders = kept.orders + excluded.orders,
    total_quantity = kept.total_quantity + excluded.total_quantity,
    total_price = kept.total_price + excluded.total_price;
  update orders.settled_orders set until = next_one;
  return next_one;
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
    perform orders.settle_orders(9223372036854775807, clock_timestamp());
  end if;
end
$$;
