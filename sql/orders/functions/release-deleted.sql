create or replace function orders.release_deleted() returns trigger
language plpgsql as $$
begin
  if old.status in ('pending', 'paid', 'confirmed', 'processing') then
    perform set_config('db_service.stock_reason', 'order_deleted', true);
    perform orders.return_stock(old.id);
  end if;
  -- Who it was leads to the person, whom nobody could find there any more to erase.
  update products.stock_movements set changed_by = null where order_id = old.id and changed_by is not null;
  -- Its items go first, while the order is still there to be taken out of the sums with them
  -- (orders.sum_changed_items).
  delete from orders.order_items where order_id = old.id;
  return old;
end
$$;
