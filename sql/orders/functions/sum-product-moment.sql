-- The orders with a product from a time to before another, within a month. Settled ones of a busy month are summed by
-- day already (orders.product_day_totals), the others and those of part of a day are looked up one by one.
create or replace function orders.sum_product_moment(
  with_product integer, with_status text, from_time timestamptz, before timestamptz, are_settled boolean,
  out orders numeric, out total_quantity numeric, out total_price numeric
) language plpgsql stable as $$
declare
  -- None: all is looked up.
  first_day date;
  end_day date;
begin
  if from_time < before and are_settled and exists (
    select from orders.busy_months b where b.product_id = with_product and b.month = orders.month_of(from_time)
  ) then
    first_day := (from_time - interval '1 microsecond') at time zone 'UTC' + interval '1 day';
    end_day := greatest(first_day, (before at time zone 'UTC')::date);
  end if;
  select coalesce(sum(s.orders), 0), coalesce(sum(s.quantity), 0), coalesce(sum(s.price), 0)
  into orders, total_quantity, total_price
  from (
    select t.orders, t.total_quantity as quantity, t.total_price as price
    from orders.product_day_totals t
    where t.product_id = with_product and t.day >= first_day and t.day < end_day and (with_status is null
      or t.status = with_status)
    union all
    select 1, o.total_quantity, o.total_price
    from (values
      (from_time, case when first_day < end_day then first_day::timestamp at time zone 'UTC' else before end),
      (case when first_day < end_day then end_day::timestamp at time zone 'UTC' end, before)
    ) part (from_time, before)
    join orders.order_items i on i.product_id = with_product and i.ordered_at >= part.from_time
      and i.ordered_at < part.before
    join orders.orders o on o.id = i.order_id
    where with_status is null or o.status = with_status
  ) s;
end
$$;
