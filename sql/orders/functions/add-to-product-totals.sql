-- Adds what changed of settled orders to the sums of their products, in the order of keys. `moved`: by day, less where
-- it is below zero. The days come second, in a statement of their own: the first waits where somebody makes a month
-- busy (orders.split_months), and this one then sees it.
create or replace function orders.add_to_product_totals(moved orders.product_day_totals[]) returns void
language plpgsql as $$
begin
  insert into orders.product_totals as kept (product_id, status, month, orders, total_quantity, total_price)
  select m.product_id, m.status, date_trunc('month', m.day)::date, sum(m.orders), sum(m.total_quantity),
    sum(m.total_price)
  from unnest(moved) m
  group by 1, 2, 3
  order by 1, 2, 3
  on conflict (product_id, status, month) do update set
    orders = kept.orders + excluded.orders,
    total_quantity = kept.total_quantity + excluded.total_quantity,
    total_price = kept.total_price + excluded.total_price;
  insert into orders.product_all_totals as kept (product_id, status, orders, total_quantity, total_price)
  select m.product_id, m.status, sum(m.orders), sum(m.total_quantity), sum(m.total_price)
  from unnest(moved) m
  group by 1, 2
  order by 1, 2
  on conflict (product_id, status) do update set
    orders = kept.orders + excluded.orders,
    total_quantity = kept.total_quantity + excluded.total_quantity,
    total_price = kept.total_price + excluded.total_price;
  -- With an older snapshot than this statement's, a month that became busy since would not be seen: then the lock fails
  -- (40001).
  if current_setting('transaction_isolation') <> 'read committed' then
    perform from orders.settled_orders for share;
  end if;
  insert into orders.product_day_totals as kept (product_id, day, status, orders, total_quantity, total_price)
  select m.product_id, m.day, m.status, sum(m.orders), sum(m.total_quantity), sum(m.total_price)
  from unnest(moved) m
  where exists (select from orders.busy_months b where b.product_id = m.product_id and b.month = date_trunc('month',
    m.day)::date)
  group by 1, 2, 3
  order by 1, 2, 3
  on conflict (product_id, day, status) do update set
    orders = kept.orders + excluded.orders,
    total_quantity = kept.total_quantity + excluded.total_quantity,
    total_price = kept.total_price + excluded.total_price;
end
$$;
