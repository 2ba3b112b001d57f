-- The part of a day that order_totals cannot answer for, without its end.
create or replace function orders.sum_moment(
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
