-- How many orders fit every filter (null: any), exactly. Without a user or product the sums kept ready answer for whole days
-- (orders.order_totals), and only the first and last day of a range are counted one by one.
create or replace function orders.count_matching(
  of_user bigint, with_status text, with_product integer, from_time timestamptz, to_time timestamptz
) returns bigint
language plpgsql stable as $$
declare
  from_day date;
  to_day date;
  answer bigint;
begin
  if of_user is not null then
    select count(*) into answer from orders.orders o
    where o.user_id = of_user
      and o.created_at between coalesce(from_time, '-infinity') and coalesce(to_time, 'infinity')
      and (with_status is null or o.status = with_status)
      and (with_product is null or exists (
        select from orders.order_items i where i.order_id = o.id and i.product_id = with_product));
    return answer;
  end if;

  if with_product is not null and with_status is not null then
    return orders.count_product_status(with_product, with_status, from_time, to_time);
  elsif with_product is not null then
    select count(*) into answer from orders.order_items i
    where i.product_id = with_product
      and i.ordered_at between coalesce(from_time, '-infinity') and coalesce(to_time, 'infinity');
    return answer;
  end if;

  if from_time > to_time then
    return 0;
  end if;
  from_day := (from_time at time zone 'UTC')::date;
  to_day := (to_time at time zone 'UTC')::date;
  if from_day = to_day then
    return orders.count_moment(with_status, from_time, to_time);
  end if;
  select coalesce(sum(t.orders), 0) into answer from orders.order_totals t
  where t.day > coalesce(from_day, '-infinity') and t.day < coalesce(to_day, 'infinity')
    and (with_status is null or t.status = with_status);
  return answer
    + case when from_day is null then 0 else
        orders.count_moment(with_status, from_time, (from_day + 1)::timestamp at time zone 'UTC' - interval '1 microsecond') end
    + case when to_day is null then 0 else
        orders.count_moment(with_status, to_day::timestamp at time zone 'UTC', to_time) end;
end
$$;

-- The part of a day that order_totals cannot answer for. Both ends are included.
create or replace function orders.count_moment(with_status text, from_time timestamptz, to_time timestamptz) returns bigint
language plpgsql stable as $$
begin
  if with_status is null then
    return (select count(*) from orders.orders where created_at between from_time and to_time);
  end if;
  return (select count(*) from orders.orders where status = with_status and created_at between from_time and to_time);
end
$$;

-- Planned anew for each call (0.3 ms): looking up each order suits a product that few bought, joining two indexes one that
-- many did (405,000 of 3.4 million orders: 1.4 s against 0.1 to 0.5 s).
create or replace function orders.count_product_status(
  with_product integer, with_status text, from_time timestamptz, to_time timestamptz
) returns bigint
language plpgsql stable set plan_cache_mode = force_custom_plan as $$
begin
  return (
    select count(*) from orders.order_items i
    join orders.orders o on o.id = i.order_id and o.status = with_status
    where i.product_id = with_product
      and i.ordered_at between coalesce(from_time, '-infinity') and coalesce(to_time, 'infinity'));
end
$$;
