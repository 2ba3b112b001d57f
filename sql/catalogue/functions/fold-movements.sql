-- Folds movements of stocks that are older than 400 days into the products' balances, up to `most` at a time.
-- Exact whatever runs at once: they only move, in one statement.
create or replace function products.fold_movements(most bigint) returns bigint
language sql as $$
  with folded as (
    delete from products.stock_movements
    where ctid = any (array(
      select ctid from products.stock_movements
      where moved_at < now() - interval '400 days'
      order by moved_at limit most
      for update skip locked))
    returning product_id, quantity
  ),
  kept as (
    insert into products.stock_balances as kept (product_id, stock)
    select product_id, sum(quantity) from folded group by product_id order by product_id
    on conflict (product_id) do update set stock = kept.stock + excluded.stock
  )
  select count(*) from folded
$$;
