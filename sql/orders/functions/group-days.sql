-- The orders that match every filter (null: any), with their quantities and prices, by day (UTC) and status, exactly.
-- Whole days come from orders.order_totals; what is left of a day at either end is read order by order. A product's
-- whole days are summed in its busy months alone (orders.busy_months): the others are looked up, less than a thousand
-- orders each, and so are those that are not settled yet. A user's are few: one by one.
create or replace function orders.group_days(
  of_user bigint, with_status text, with_product integer, from_time timestamptz, to_time timestamptz
) returns table (day date, status text, orders bigint, total_quantity bigint, total_price numeric)
language plpgsql stable as $$
declare
  before constant timestamptz := coalesce(to_time, 'infinity') + interval '1 microsecond';
  -- The whole days, as in orders.sum_matching.
  first_day constant date := (coalesce(from_time, '-infinity') - interval '1 microsecond') at time zone 'UTC'
    + interval '1 day';
  end_day constant date := before at time zone 'UTC';
  -- Of the part of a day at the start the end, and at the end the start.
  early_end constant timestamptz := least(first_day::timestamp at time zone 'UTC', before);
  late_from constant timestamptz := greatest(end_day::timestamp at time zone 'UTC', early_end);
  settled timestamptz;
begin
  from_time := coalesce(from_time, '-infinity');
  if from_time >= before then
    return;
  end if;

  if of_user is not null then
    return query
    select (o.created_at at time zone 'UTC')::date, o.status, count(*), sum(o.total_quantity)::bigint,
      sum(o.total_price)
    from orders.orders o
    where o.user_id = of_user and o.created_at >= from_time and o.created_at < before
      and (with_status is null or o.status = with_status)
      and (with_product is null or exists (
        select from orders.order_items i where i.order_id = o.id and i.product_id = with_product))
    group by 1, 2;
  elsif with_product is not null then
    settled := (select until from orders.settled_orders);
    return query
    select s.day, s.status, sum(s.orders)::bigint, sum(s.quantity)::bigint, sum(s.price)
    from (
      select t.day, t.status, t.orders, t.total_quantity as quantity, t.total_price as price
      from orders.product_day_totals t
      where t.product_id = with_product and t.day >= first_day and t.day < end_day
      union all
      select (o.created_at at time zone 'UTC')::date, o.status, 1, o.total_quantity, o.total_price
      from (
        -- Months that are not busy, the parts of days of those that are, and what is not settled.
        select greatest(from_time, m.month::timestamp at time zone 'UTC') as from_time,
          least(before, settled, (m.month + interval '1 month') at time zone 'UTC') as before
        from (select distinct t.month from orders.product_totals t where t.product_id = with_product) m
        where not exists (
          select from orders.busy_months b where b.product_id = with_product and b.month = m.month)
        union all
        select p.from_time, least(p.before, settled)
        from (values (from_time, early_end), (late_from, before)) p (from_time, before)
        where p.from_time < p.before and exists (
          select from orders.busy_months b
          where b.product_id = with_product and b.month = orders.month_of(p.from_time))
        union all
        select greatest(from_time, settled), before
      ) part
      cross join lateral (
        select i.order_id from orders.order_items i
        where i.product_id = with_product and i.ordered_at >= part.from_time and i.ordered_at < part.before offset 0
      ) i
      cross join lateral (
        select u.created_at, u.status, u.total_quantity, u.total_price from orders.orders u
        where u.id = i.order_id offset 0
      ) o
    ) s
    where with_status is null or s.status = with_status
    group by 1, 2
    having sum(s.orders) <> 0;
  else
    return query
    select s.day, s.status, sum(s.orders)::bigint, sum(s.quantity)::bigint, sum(s.price)
    from (
      select t.day, t.status, t.orders, t.total_quantity as quantity, t.total_price as price
      from orders.order_totals t
      where t.day >= first_day and t.day < end_day
      union all
      select (o.created_at at time zone 'UTC')::date, o.status, 1, o.total_quantity, o.total_price
      from (values (from_time, early_end), (late_from, before)) part (from_time, before)
      join orders.orders o on o.created_at >= part.from_time and o.created_at < part.before
      where part.from_time < part.before
    ) s
    where with_status is null or s.status = with_status
    group by 1, 2
    -- A sum that has been emptied stays as a row.
    having sum(s.orders) <> 0;
  end if;
end
$$;
