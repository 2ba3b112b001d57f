-- A product's stock equals the sum of its movements: each follows the one before it, and the last one is the stock.
-- $1 most bigint: broken ones to show
-- $2 since timestamptz: of movements made from here
-- $3 before timestamptz: to before here
select about, kept, found, count(*) over () as broken
from (
  select 'product ' || i.product_id as about, 'stock ' || i.stock as kept,
    'stock ' || coalesce(last.stock, 0) || ' by its movements' as found
  from (
    select product_id, stock from products.inventory
    union all
    -- Not tracked (any more).
    select product_id, 0
    from (
      select product_id from products.stock_balances
      union select product_id from products.stock_movements where moved_at >= $2 and moved_at < $3
    ) moved
    where not exists (select from products.inventory i where i.product_id = moved.product_id)
  ) i
  cross join lateral (
    select coalesce(
      (select m.stock from products.stock_movements m
        where m.product_id = i.product_id order by m.movement_id desc limit 1),
      (select b.stock from products.stock_balances b where b.product_id = i.product_id), 0) as stock
  ) last
  where i.stock <> last.stock
  union all
  select concat('product ', m.product_id, ', movement ', m.movement_id), 'stock ' || m.stock,
    'stock ' || before.stock + m.quantity || ' by those before it'
  from products.stock_movements m
  cross join lateral (
    select coalesce(
      (select p.stock from products.stock_movements p
        where p.product_id = m.product_id and p.movement_id < m.movement_id order by p.movement_id desc limit 1),
      (select b.stock from products.stock_balances b where b.product_id = m.product_id), 0) as stock
  ) before
  where m.moved_at >= $2 and m.moved_at < $3 and m.stock <> before.stock + m.quantity
) wrong
order by about
limit $1
