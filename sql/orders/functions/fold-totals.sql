-- Folds the sums of days that are over: up to `most` shards of orders.order_totals become one row for the day, and are
-- added to the month's.
-- Exact whatever runs at once: rows only move, in one statement; one that a writer holds is left for another time, and
-- a writer who comes later finds no row and makes a new one, to be folded with the next.
create or replace function orders.fold_totals(most bigint) returns bigint
language sql as $$
  with folded as (
    delete from orders.order_totals
    where ctid = any (array(
      select ctid from orders.order_totals
      where shard >= 0 and day < (now() at time zone 'UTC')::date
      order by day limit most
      for update skip locked))
    returning day, status, orders, total_quantity, total_price
  ),
  days as (
    insert into orders.order_totals as kept (day, status, shard, orders, total_quantity, total_price)
    select day, status, -1, sum(orders), sum(total_quantity), sum(total_price) from folded group by 1, 2 order by 1, 2
    on conflict (day, status, shard) do update set
      orders = kept.orders + excluded.orders,
      total_quantity = kept.total_quantity + excluded.total_quantity,
      total_price = kept.total_price + excluded.total_price
  ),
  months as (
    insert into orders.order_month_totals as kept (month, status, orders, total_quantity, total_price)
    select date_trunc('month', day::timestamp)::date, status, sum(orders), sum(total_quantity),
      sum(total_price) from folded group by 1, 2 order by 1, 2
    on conflict (month, status) do update set
      orders = kept.orders + excluded.orders,
      total_quantity = kept.total_quantity + excluded.total_quantity,
      total_price = kept.total_price + excluded.total_price
  )
  select count(*) from folded
$$;
