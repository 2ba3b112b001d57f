-- Gives back what an order took. What was given back is forgotten, so that nothing comes back twice; so is what was
-- taken of a product that is not tracked any more: it must not come back when it is tracked anew.
create or replace function orders.return_stock(returned_order_id bigint) returns void
language plpgsql as $$
begin
  perform from orders.order_items where order_id = returned_order_id and stock_taken > 0;
  if not found then
    return;
  end if;
  perform set_config('db_service.stock_order', returned_order_id::text, true);
  perform from products.inventory s
  where s.product_id in (select product_id from orders.order_items where order_id = returned_order_id
    and stock_taken > 0)
  order by s.product_id
  for no key update;

  update products.inventory s set stock = s.stock + l.stock_taken, updated_at = now()
  from orders.order_items l
  where l.order_id = returned_order_id and l.stock_taken > 0 and s.product_id = l.product_id;

  update orders.order_items set stock_taken = 0 where order_id = returned_order_id and stock_taken > 0;
end
$$;
