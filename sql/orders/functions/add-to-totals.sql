create or replace function orders.add_to_totals(of_day date, of_status text, more bigint, quantity numeric,
  price numeric)
returns void language sql as $$
  insert into orders.order_totals as counted (day, status, shard, orders, total_quantity, total_price)
  values (of_day, of_status, pg_backend_pid() % 32, more, quantity, price)
  on conflict (day, status, shard) do update set
    orders = counted.orders + excluded.orders,
    total_quantity = counted.total_quantity + excluded.total_quantity,
    total_price = counted.total_price + excluded.total_price
$$;
