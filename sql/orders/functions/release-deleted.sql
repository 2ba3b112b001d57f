create or replace function orders.release_deleted() returns trigger
language plpgsql as $$
begin
  if old.status in ('pending', 'paid', 'confirmed', 'processing') then
    perform orders.return_stock(old.id);
  end if;
  -- Its items go first, while the order is still there to be taken out of the sums with them
  -- (orders.sum_changed_items).
  delete from orders.order_items where order_id = old.id;
  return old;
end
$$;
