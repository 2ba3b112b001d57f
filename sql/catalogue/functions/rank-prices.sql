-- Keeps the prices of products.rankings exact.
create or replace function products.rank_prices() returns trigger
language plpgsql as $$
begin
  -- Each event sees only its own transition tables. In the order of keys: two writers wait instead of deadlocking.
  if tg_op = 'DELETE' then
    perform from products.rankings r
    where r.product_id in (select product_id from removed) order by r.product_id for update;
    update products.rankings r set price = null from removed where r.product_id = removed.product_id;
  else
    perform from products.rankings r
    where r.product_id in (select product_id from added) order by r.product_id for update;
    update products.rankings r set price = added.price from added
    where r.product_id = added.product_id and r.price is distinct from added.price;
  end if;
  return null;
end
$$;
