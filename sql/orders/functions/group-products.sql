-- The orders that match every filter (null: any), with their quantities and prices, by product, exactly: whole orders,
-- each in the sums of every product in it, as where a list is filtered by that product. With a product, its own alone.
-- All settled ones come from orders.product_all_totals, those of whole months from orders.product_totals, and the
-- others are read order by order: parts of months, and what is not settled yet. A user's are few: one by one.
create or replace function orders.group_products(
  of_user bigint, with_status text, with_product integer, from_time timestamptz, to_time timestamptz
) returns table (product_id integer, orders bigint, total_quantity bigint, total_price numeric)
language plpgsql stable as $$
declare
  before constant timestamptz := coalesce(to_time, 'infinity') + interval '1 microsecond';
  settled constant timestamptz := (select until from orders.settled_orders);
  settled_to constant timestamptz := least(before, settled);
  settled_from constant timestamptz := least(coalesce(from_time, '-infinity'), settled_to);
  -- The first month that begins at settled_from or later, and the one that settled_to lies in: of that, all that is
  -- settled counts where settled_to is as far as it goes.
  first_month constant date := case when isfinite(settled_from)
    then orders.month_of(settled_from - interval '1 microsecond') + interval '1 month' else '-infinity' end;
  end_month constant date := case when settled_to < settled then orders.month_of(settled_to) else 'infinity' end;
  has_months constant boolean := first_month < end_month;
begin
  from_time := coalesce(from_time, '-infinity');
  if from_time >= before then
    return;
  end if;

  if of_user is not null then
    return query
    select i.product_id, count(*), sum(o.total_quantity)::bigint, sum(o.total_price)
    from orders.orders o
    cross join lateral (select l.product_id from orders.order_items l where l.order_id = o.id offset 0) i
    where o.user_id = of_user and o.created_at >= from_time and o.created_at < before
      and (with_status is null or o.status = with_status)
      and (with_product is null or i.product_id = with_product)
    group by 1;
  elsif with_product is not null then
    return query
    select with_product, p.orders, p.total_quantity, p.total_price
    from orders.sum_product(with_product, with_status, from_time, before - interval '1 microsecond') p
    where p.orders > 0;
  else
    return query
    select s.product_id, sum(s.orders)::bigint, sum(s.quantity)::bigint, sum(s.price)
    from (
      select t.product_id, t.orders, t.total_quantity as quantity, t.total_price as price
      from orders.product_all_totals t
      where not isfinite(first_month) and not isfinite(end_month) and has_months
        and (with_status is null or t.status = with_status)
      union all
      select t.product_id, t.orders, t.total_quantity, t.total_price
      from orders.product_totals t
      where (isfinite(first_month) or isfinite(end_month)) and t.month >= first_month and t.month < end_month
        and (with_status is null or t.status = with_status)
      union all
      select i.product_id, 1, o.total_quantity, o.total_price
      from (values
        (settled_from, case when has_months then first_month::timestamp at time zone 'UTC' else settled_to end),
        (case when has_months then end_month::timestamp at time zone 'UTC' else settled_to end, settled_to),
        (greatest(from_time, settled), before)
      ) part (from_time, before)
      join orders.orders o on o.created_at >= part.from_time and o.created_at < part.before
      cross join lateral (select l.product_id from orders.order_items l where l.order_id = o.id offset 0) i
      where part.from_time < part.before and (with_status is null or o.status = with_status)
    ) s
    group by 1
    having sum(s.orders) <> 0;
  end if;
end
$$;
