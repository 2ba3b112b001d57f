-- As list-managed.sql, for products whose name contains a text.
-- $1 pattern text: for ilike
-- $2 limit bigint
-- $3 offset bigint
select m.version, m.id, m.name, m.price_cents, m.stock
from (
  select product_id from products.products where product_name ilike $1 order by product_id limit $2 offset $3
) p
cross join lateral (
  select version, id, name, price_cents, stock from products.managed_products where id = p.product_id offset 0
) m
order by m.id
