-- Keeps orders.order_totals exact, in the transaction of the change. Rows are touched in the order of their keys, so that two
-- writers on one shard wait instead of deadlocking.
create or replace function orders.count_orders() returns trigger
language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into orders.order_totals as counted (day, status, shard, orders, total_quantity, total_price)
    select (created_at at time zone 'UTC')::date, status, pg_backend_pid() % 32,
      count(*), sum(total_quantity), sum(total_price)
    from added group by 1, 2 order by 1, 2
    on conflict (day, status, shard) do update set
      orders = counted.orders + excluded.orders,
      total_quantity = counted.total_quantity + excluded.total_quantity,
      total_price = counted.total_price + excluded.total_price;
  elsif tg_op = 'DELETE' then
    insert into orders.order_totals as counted (day, status, shard, orders, total_quantity, total_price)
    select (created_at at time zone 'UTC')::date, status, pg_backend_pid() % 32,
      -count(*), -sum(total_quantity), -sum(total_price)
    from removed group by 1, 2 order by 1, 2
    on conflict (day, status, shard) do update set
      orders = counted.orders + excluded.orders,
      total_quantity = counted.total_quantity + excluded.total_quantity,
      total_price = counted.total_price + excluded.total_price;
  else
    insert into orders.order_totals as counted (day, status, shard, orders, total_quantity, total_price)
    select day, status, pg_backend_pid() % 32, sum(n), sum(quantity), sum(price)
    from (
      select (created_at at time zone 'UTC')::date as day, status, 1 as n, total_quantity as quantity, total_price as price
      from added
      union all
      select (created_at at time zone 'UTC')::date, status, -1, -total_quantity, -total_price from removed
    ) moved
    group by 1, 2
    having sum(n) <> 0 or sum(quantity) <> 0 or sum(price) <> 0
    order by 1, 2
    on conflict (day, status, shard) do update set
      orders = counted.orders + excluded.orders,
      total_quantity = counted.total_quantity + excluded.total_quantity,
      total_price = counted.total_price + excluded.total_price;
  end if;
  return null;
end
$$;

create or replace trigger orders_count_inserted after insert on orders.orders
referencing new table as added for each statement execute function orders.count_orders();

create or replace trigger orders_count_updated after update on orders.orders
referencing old table as removed new table as added for each statement execute function orders.count_orders();

create or replace trigger orders_count_deleted after delete on orders.orders
referencing old table as removed for each statement execute function orders.count_orders();
