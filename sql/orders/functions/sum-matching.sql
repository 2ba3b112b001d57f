-- How many orders match every filter (null: any), with their quantities and prices, exactly. Whole days come from
-- orders.sum_days, what is left of a day at either end from orders.sum_moment, order by order. A product's orders:
-- orders.sum_product. A user's are few: one by one.
--
-- Example: from 30 March 10:00 to 2 May 08:00, both included. `before` is a microsecond after 08:00, `first_day` 31
-- March, `end_day` 2 May.
--   30 March 10:00 to 24:00     sum_moment, order by order
--   31 March to 1 May           sum_days: 31 March and 1 May by the day, April by the month
--   2 May 00:00 to 08:00        sum_moment
-- From 30 March 00:00 on, 30 March is a whole day itself: a microsecond earlier lies on the 29th, whose next day it is.
-- From 10:00 to 12:00 of one day, `first_day` lies behind `end_day`: no whole day, the first sum_moment ends at
-- `before`, the second begins there and is empty.
-- The test is test/sql/sum-matching.test.ts.
create or replace function orders.sum_matching(
  of_user bigint, with_status text, with_product integer, from_time timestamptz, to_time timestamptz,
  out orders bigint, out total_quantity bigint, out total_price numeric
) language plpgsql stable as $$
declare
  before constant timestamptz := coalesce(to_time, 'infinity') + interval '1 microsecond';
  -- The whole days: from the first that begins at from_time or later to before the one `before` lies in.
  first_day constant date := (coalesce(from_time, '-infinity') - interval '1 microsecond') at time zone 'UTC'
    + interval '1 day';
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
        greatest(end_day::timestamp at time zone 'UTC', least(first_day::timestamp at time zone 'UTC', before)),
          before) m
    ) s;
  end if;
  orders := coalesce(orders, 0);
  total_quantity := coalesce(total_quantity, 0);
  total_price := coalesce(total_price, 0);
end
$$;
