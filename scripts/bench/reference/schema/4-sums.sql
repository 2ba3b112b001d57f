create or replace function bench_reference.count_matching(
  of_user bigint, with_status text, with_product integer, from_time timestamptz, to_time timestamptz
) returns bigint
language sql stable as $$
  select s.orders from bench_reference.sum_matching(of_user, with_status, with_product, from_time, to_time) s
$$;

create or replace function bench_reference.sum_days(
  with_status text, first_day date, end_day date,
  out orders numeric, out total_quantity numeric, out total_price numeric
) language plpgsql stable as $$
declare
  first_month constant date := date_trunc('month', first_day::timestamp - interval '1 day') + interval '1 month';
  end_month constant date := date_trunc('month', end_day::timestamp);
  has_months constant boolean := first_month < end_month;
  early_end constant date := case when has_months then first_month else end_day end;
  late_from constant date := case when has_months then end_month else end_day end;
begin
  select sum(s.orders), sum(s.total_quantity), sum(s.total_price) into orders, total_quantity, total_price
  from (
    select m.orders, m.total_quantity, m.total_price from orders.order_month_totals m
    where m.month >= first_month and m.month < end_month and (with_status is null or m.status = with_status)
    union all
    select t.orders, t.total_quantity, t.total_price from orders.order_totals t
    where t.shard >= 0 and t.day >= first_day and t.day < end_day and (with_status is null or t.status = with_status)
    union all
    select t.orders, t.total_quantity, t.total_price from orders.order_totals t
    where t.shard = -1 and t.day >= first_day and t.day < early_end and (with_status is null or t.status = with_status)
    union all
    select t.orders, t.total_quantity, t.total_price from orders.order_totals t
    where t.shard = -1 and t.day >= late_from and t.day < end_day and (with_status is null or t.status = with_status)
  ) s;
end
$$;

create or replace function bench_reference.sum_matching(
  of_user bigint, with_status text, with_product integer, from_time timestamptz, to_time timestamptz,
  out orders bigint, out total_quantity bigint, out total_price numeric
) language plpgsql stable as $$
declare
  before constant timestamptz := coalesce(to_time, 'infinity') + interval '1 microsecond';
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
    from bench_reference.sum_product(with_product, with_status, from_time, to_time) p;
  elsif from_time <= to_time then
    select sum(s.orders), sum(s.total_quantity), sum(s.total_price) into orders, total_quantity, total_price
    from (
      select d.orders, d.total_quantity, d.total_price from bench_reference.sum_days(with_status, first_day, end_day) d
      union all
      select m.orders, m.total_quantity, m.total_price
      from bench_reference.sum_moment(with_status, from_time, least(first_day::timestamp at time zone 'UTC', before)) m
      union all
      select m.orders, m.total_quantity, m.total_price
      from bench_reference.sum_moment(with_status,
        greatest(end_day::timestamp at time zone 'UTC', least(first_day::timestamp at time zone 'UTC', before)), before) m
    ) s;
  end if;
  orders := coalesce(orders, 0);
  total_quantity := coalesce(total_quantity, 0);
  total_price := coalesce(total_price, 0);
end
$$;

create or replace function bench_reference.sum_moment(
  with_status text, from_time timestamptz, before timestamptz,
  out orders bigint, out total_quantity bigint, out total_price numeric
) language plpgsql stable as $$
begin
  if with_status is null then
    select count(*), sum(o.total_quantity), sum(o.total_price) into orders, total_quantity, total_price
    from orders.orders o where o.created_at >= from_time and o.created_at < before;
  else
    select count(*), sum(o.total_quantity), sum(o.total_price) into orders, total_quantity, total_price
    from orders.orders o where o.status = with_status and o.created_at >= from_time and o.created_at < before;
  end if;
end
$$;

create or replace function bench_reference.sum_product(
  with_product integer, with_status text, from_time timestamptz, to_time timestamptz,
  out orders bigint, out total_quantity bigint, out total_price numeric
) language plpgsql stable as $$
declare
  first_month constant date := bench_reference.month_of(from_time - interval '1 microsecond') + interval '1 month';
  end_month constant date := bench_reference.month_of(to_time + interval '1 microsecond');
  late_from constant timestamptz := greatest(from_time, least(
    end_month::timestamp at time zone 'UTC', (select until from orders.settled_orders)));
  early_to constant timestamptz := least(first_month::timestamp at time zone 'UTC', late_from, to_time + interval '1 microsecond');
begin
  select coalesce(sum(s.orders), 0), coalesce(sum(s.quantity), 0), coalesce(sum(s.price), 0)
  into orders, total_quantity, total_price
  from (
    select t.orders, t.total_quantity as quantity, t.total_price as price
    from orders.product_totals t
    where t.product_id = with_product and t.month >= first_month and t.month < end_month
      and (with_status is null or t.status = with_status)
    union all
    select 1, o.total_quantity, o.total_price
    from orders.order_items i
    join orders.orders o on o.id = i.order_id
    where i.product_id = with_product and i.ordered_at >= from_time and i.ordered_at < early_to
      and (with_status is null or o.status = with_status)
    union all
    select 1, o.total_quantity, o.total_price
    from orders.order_items i
    join orders.orders o on o.id = i.order_id
    where i.product_id = with_product and i.ordered_at >= late_from and i.ordered_at <= to_time
      and (with_status is null or o.status = with_status)
  ) s;
end
$$;
