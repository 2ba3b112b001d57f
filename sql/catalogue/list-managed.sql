-- A page of products by id, each with its price in cents and its stock, and the exact number of all, as in list.sql.
-- $1 limit bigint
-- $2 offset bigint
select t.total, m.*
from (select coalesce(sum(products), 0)::bigint as total from products.product_counts) t
left join lateral (
  select product_id from products.products where $2::bigint < t.total order by product_id limit $1 offset $2
) p on true
left join lateral (
  select * from products.managed_products where id = p.product_id offset 0
) m on true
order by m.id
