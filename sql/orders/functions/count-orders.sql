-- Keeps orders.order_totals exact, in the transaction of the change; of new orders: orders.record_inserted. Rows are
-- touched in the order of their keys, so that two writers on one shard wait instead of deadlocking.
create or replace function orders.count_orders() returns trigger
language plpgsql as $$
begin
  -- Each event sees only its own transition tables.
  case tg_op
    when 'DELETE' then
      perform orders.add_to_totals(t.day, t.status, -t.orders, -t.quantity, -t.price)
      from (
        select (created_at at time zone 'UTC')::date as day, status,
          count(*) as orders, sum(total_quantity) as quantity, sum(total_price) as price
        from removed group by 1, 2 order by 1, 2
      ) t;
    when 'UPDATE' then
      perform orders.add_to_totals(t.day, t.status, t.orders, t.quantity, t.price)
      from (
        select day, status, sum(n)::bigint as orders, sum(quantity) as quantity, sum(price) as price
        from (
          select (created_at at time zone 'UTC')::date as day, status, 1 as n, total_quantity as quantity,
            total_price as price
          from added
          union all
          select (created_at at time zone 'UTC')::date, status, -1, -total_quantity, -total_price from removed
        ) moved
        group by 1, 2
        having sum(n) <> 0 or sum(quantity) <> 0 or sum(price) <> 0
        order by 1, 2
      ) t;
  end case;
  return null;
end
$$;
