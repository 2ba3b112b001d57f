-- Whole days, from `first_day` to before `end_day`: whole months from orders.order_month_totals, the days at either end
-- and what has not been folded yet (orders.fold_totals) from orders.order_totals.
--
-- Example: from 31 March to before 2 May. `first_month` is April (the first that begins on 31 March or later),
-- `end_month` May, which is not whole. April is read by the month; 31 March (`early_end` is 1 April) and 1 May
-- (`late_from`) by the day. From 10 to before 20 April no month is whole: `early_end` is 20 April, and the late days
-- are none.
create or replace function orders.sum_days(
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
