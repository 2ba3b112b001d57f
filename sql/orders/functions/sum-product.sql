-- The orders with a product. The settled ones of whole months are summed already (orders.product_totals); those before the first whole
-- month, and those after the last one or not settled yet, are looked up one by one.
--
-- Example: from 30 March 10:00 to 2 May 08:00, all settled. April is a whole month and comes from the sums; 30 March 10:00 to 31 March 24:00
-- (`early_to` is 1 April) and 1 May 00:00 (`late_from`) to 2 May 08:00 are looked up. Settled until 20 April: the sums of April hold what was
-- made before the 20th, and `late_from` is the 20th.
create or replace function orders.sum_product(
  with_product integer, with_status text, from_time timestamptz, to_time timestamptz,
  out orders bigint, out total_quantity bigint, out total_price numeric
) language plpgsql stable as $$
declare
  first_month constant date := orders.month_of(from_time - interval '1 microsecond') + interval '1 month';
  end_month constant date := orders.month_of(to_time + interval '1 microsecond');
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
