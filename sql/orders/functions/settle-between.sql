-- Adds the orders made from `earliest` to before `latest` to the sums, and says so.
create or replace function orders.settle_between(earliest timestamptz, latest timestamptz) returns void
language plpgsql set work_mem = '128MB'
-- A plan kept from when there were no items would look through all of them for each order, by the index of the other
-- list.
set plan_cache_mode = force_custom_plan as $$
begin
  with sums as (
    select i.product_id, o.status, orders.month_of(o.created_at) as month, count(*) as orders,
      sum(o.total_quantity) as total_quantity, sum(o.total_price) as total_price
    from orders.orders o
    -- A look-up for each order: a join planned while there were few reads all items, for each.
    cross join lateral (select product_id from orders.order_items where order_id = o.id offset 0) i
    where o.created_at >= earliest and o.created_at < latest
    group by 1, 2, 3
  ),
  months as (
    insert into orders.product_totals as kept (product_id, status, month, orders, total_quantity, total_price)
    select product_id, status, month, orders, total_quantity, total_price from sums
    order by 1, 2, 3
    on conflict (product_id, status, month) do update set
      orders = kept.orders + excluded.orders,
      total_quantity = kept.total_quantity + excluded.total_quantity,
      total_price = kept.total_price + excluded.total_price
  )
  insert into orders.product_all_totals as kept (product_id, status, orders, total_quantity, total_price)
  select product_id, status, sum(orders), sum(total_quantity), sum(total_price) from sums
  group by 1, 2
  order by 1, 2
  on conflict (product_id, status) do update set
    orders = kept.orders + excluded.orders,
    total_quantity = kept.total_quantity + excluded.total_quantity,
    total_price = kept.total_price + excluded.total_price;
  insert into orders.product_day_totals as kept (product_id, day, status, orders, total_quantity, total_price)
  select i.product_id, (o.created_at at time zone 'UTC')::date, o.status, count(*), sum(o.total_quantity),
    sum(o.total_price)
  from orders.orders o
  cross join lateral (select product_id from orders.order_items where order_id = o.id offset 0) i
  join orders.busy_months b on b.product_id = i.product_id and b.month = orders.month_of(o.created_at)
  where o.created_at >= earliest and o.created_at < latest and exists (select from orders.busy_months)
  group by 1, 2, 3
  order by 1, 2, 3
  on conflict (product_id, day, status) do update set
    orders = kept.orders + excluded.orders,
    total_quantity = kept.total_quantity + excluded.total_quantity,
    total_price = kept.total_price + excluded.total_price;
  -- Of the products that come more than once among these orders: a busy one does.
  perform orders.split_months(case when isfinite(earliest) then array(
    select i.product_id
    from orders.orders o
    cross join lateral (select product_id from orders.order_items where order_id = o.id offset 0) i
    where o.created_at >= earliest and o.created_at < latest
    group by i.product_id having count(*) > 1
  ) end, orders.month_of(earliest), orders.month_of(latest), latest, 1000);
  update orders.settled_orders set until = latest, closing = null, horizon = null;
end
$$;
