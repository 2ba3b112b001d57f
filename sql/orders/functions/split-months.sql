-- Keeps the sums of products by day, too, for those of `products` (null: all) and the months from `earliest` to
-- `latest` that have become busy:
-- `busy_from` orders, half of which are looked up otherwise, at most. `settled`: what is in the sums is older. Whoever
--   changes settled orders meanwhile waits at the first table, or is waited for; only who settles comes here, with the
--   row of orders.settled_orders locked.
create or replace function orders.split_months(
  products integer[], earliest date, latest date, settled timestamptz, busy_from bigint
) returns void
language plpgsql set plan_cache_mode = force_custom_plan as $$
declare
  busy orders.busy_months[] := array(
    select row(t.product_id, t.month)::orders.busy_months from orders.product_totals t
    where (products is null or t.product_id = any (products)) and t.month between earliest and latest
      and not exists (select from orders.busy_months b where b.product_id = t.product_id and b.month = t.month)
    group by t.product_id, t.month having sum(t.orders) >= busy_from
    order by t.product_id, t.month);
begin
  if busy = '{}' then
    return;
  end if;
  lock table orders.product_totals in share row exclusive mode;
  insert into orders.busy_months select * from unnest(busy);
  insert into orders.product_day_totals (product_id, day, status, orders, total_quantity, total_price)
  select i.product_id, (o.created_at at time zone 'UTC')::date, o.status, count(*), sum(o.total_quantity),
    sum(o.total_price)
  from unnest(busy) b
  join orders.order_items i on i.product_id = b.product_id
    and i.ordered_at >= b.month::timestamp at time zone 'UTC'
    and i.ordered_at < least((b.month + interval '1 month') at time zone 'UTC', settled)
  join orders.orders o on o.id = i.order_id
  group by 1, 2, 3;
end
$$;
