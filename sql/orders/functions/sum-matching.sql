-- How many orders fit every filter (null: any), with their quantities and prices, exactly. Whole days come from orders.sum_days,
-- whole months of a product from orders.product_totals; only what is left at either end is added up order by order.
create or replace function orders.sum_matching(
  of_user bigint, with_status text, with_product integer, from_time timestamptz, to_time timestamptz,
  out orders bigint, out total_quantity bigint, out total_price numeric
) language plpgsql stable as $$
declare
  before constant timestamptz := coalesce(to_time, 'infinity') + interval '1 microsecond';
  -- The whole days: from the first that begins at from_time or later to before the one `before` lies in.
  first_day constant date := (coalesce(from_time, '-infinity') - interval '1 microsecond') at time zone 'UTC' + interval '1 day';
  end_day constant date := before at time zone 'UTC';
begin
  from_time := coalesce(from_time, '-infinity');
  to_time := coalesce(to_time, 'infinity');

  if of_user is not null then
    select count(*), sum(o.total_quantity), sum(o.total_price) into orders, total_quantity, total_price
    from orders.orders o
    where o.user_id = of_user and o.created_at between from_time and to_time
      and (with_status is null or o.status = with_status)
      and (with_product is null or exists (
        select from orders.order_items i where i.order_id = o.id and i.product_id = with_product));
  elsif with_product is not null then
    select p.orders, p.total_quantity, p.total_price into orders, total_quantity, total_price
    from orders.sum_product(with_product, with_status, from_time, to_time) p;
  elsif from_time <= to_time then
    select sum(s.orders), sum(s.total_quantity), sum(s.total_price) into orders, total_quantity, total_price
    from (
      select d.orders, d.total_quantity, d.total_price from orders.sum_days(with_status, first_day, end_day) d
      union all
      select m.orders, m.total_quantity, m.total_price
      from orders.sum_moment(with_status, from_time, least(first_day::timestamp at time zone 'UTC', before)) m
      union all
      select m.orders, m.total_quantity, m.total_price
      from orders.sum_moment(with_status,
        greatest(end_day::timestamp at time zone 'UTC', least(first_day::timestamp at time zone 'UTC', before)), before) m
    ) s;
  end if;
  orders := coalesce(orders, 0);
  total_quantity := coalesce(total_quantity, 0);
  total_price := coalesce(total_price, 0);
end
$$;
