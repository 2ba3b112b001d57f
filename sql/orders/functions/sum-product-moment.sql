-- The orders with a product from a time to before another, looked up one by one.
create or replace function orders.sum_product_moment(
  with_product integer, with_status text, from_time timestamptz, before timestamptz,
  out orders bigint, out total_quantity numeric, out total_price numeric
) language plpgsql stable as $$
begin
  if from_time < before then
    select count(*), coalesce(sum(o.total_quantity), 0), coalesce(sum(o.total_price), 0) into orders, total_quantity, total_price
    from orders.order_items i
    join orders.orders o on o.id = i.order_id
    where i.product_id = with_product and i.ordered_at >= from_time and i.ordered_at < before
      and (with_status is null or o.status = with_status);
  else
    select 0, 0, 0 into orders, total_quantity, total_price;
  end if;
end
$$;
