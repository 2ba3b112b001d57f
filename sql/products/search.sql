-- As list.sql, for products whose name contains a text; the name's trigram index finds them.
-- $1 departments text[]: names in lower case; null for any, as the next two
-- $2 department_id integer
-- $3 aisle_id integer
-- $4 after_id integer: the last product seen
-- $5 limit bigint
-- $6 offset bigint
-- $7 min_price numeric: null for any, as the next
-- $8 max_price numeric
-- $9 pattern text: for ilike
-- $10 in_stock boolean: true for those that are not sold out; one that is not tracked never is
select p.version, p.product_id, p.product_name, p.department_id, d.department_name, p.aisle_id, a.aisle_name,
  e.description, e.price, e.image_url
from (
  select product_id, product_name, department_id, aisle_id, version
  from products.products
  where product_name ilike $9
    -- Also true without a cursor; and no condition for an index, since the name's is the one to use.
    and (product_id > $4::integer) is not false
    and ($1::text[] is null or department_id in (
      select department_id from products.departments where lower(department_name) = any ($1)))
    and ($2::integer is null or department_id = $2)
    and ($3::integer is null or aisle_id = $3)
    and (coalesce($7::numeric, $8::numeric) is null or (
      select price between coalesce($7, 0) and coalesce($8, 'infinity')
      from products.product_enriched e where e.product_id = products.product_id))
    and ($10::boolean is not true or not exists (
      select from products.inventory i where i.product_id = products.product_id and i.stock = 0))
  order by product_id
  limit $5 offset $6
) p
left join lateral (
  select description, price, image_url from products.product_enriched where product_id = p.product_id offset 0
) e on true
left join products.departments d on d.department_id = p.department_id
left join products.aisles a on a.aisle_id = p.aisle_id
order by p.product_id
