-- A page of products by id, each with its price in cents and its stock. The page is found first, as in list.sql.
-- $1 limit bigint
-- $2 offset bigint
select m.*
from (
  select product_id from products.products order by product_id limit $1 offset $2
) p
cross join lateral (
  select * from products.managed_products where id = p.product_id offset 0
) m
order by m.id
