-- A batch of all products, or of those that search-managed.sql finds, by id.
-- $1 q text: null for any
-- $2 after_id integer: the last product seen
-- $3 limit integer
with page as materialized (
  (
    select p.product_id from products.products p
    where $1::text is null and p.product_id > coalesce($2::integer, -2147483648)
    order by p.product_id limit $3::integer
  )
  union all
  (
    select f.id
    from (select 1 where $1 is not null) asked, products.matching($1, null, null, null, null, null, null) m
    cross join lateral unnest(m.ids) f (id)
    where f.id > coalesce($2, -2147483648)
    order by f.id limit $3
  )
)
select m.id, m.name, m.price_cents, m.stock
from page
cross join lateral (
  select id, name, price_cents, stock from products.managed_products where id = page.product_id offset 0
) m
order by m.id
