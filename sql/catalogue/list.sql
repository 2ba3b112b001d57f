-- A page of the catalogue by product id. The page is found first and filled in by one look-up per product: the planner, who
-- does not know the limit of a prepared statement, would read all prices otherwise.
-- $1 departments text[]: names, whatever their case and accents; null for any, as the next two
-- $2 department_id integer
-- $3 aisle_id integer
-- $4 after_id integer: the last product seen
-- $5 limit bigint
-- $6 offset bigint
-- $7 in_stock boolean: true for those that are not sold out; one that is not tracked never is
select p.version, p.product_id, p.product_name, p.department_id, d.department_name, p.aisle_id, a.aisle_name,
  e.description, e.price, e.image_url
from (
  select product_id, product_name, department_id, aisle_id, version
  from products.products
  where product_id > coalesce($4::integer, -2147483648)
    and ($1::text[] is null or department_id in (select unnest(products.department_ids($1))))
    and ($2::integer is null or department_id = $2)
    and ($3::integer is null or aisle_id = $3)
    and ($7::boolean is not true or not exists (select from products.sold_out s where s.product_id = products.product_id))
  order by product_id
  limit $5 offset $6
) p
left join lateral (
  select description, price, image_url from products.product_enriched where product_id = p.product_id offset 0
) e on true
left join products.departments d on d.department_id = p.department_id
left join products.aisles a on a.aisle_id = p.aisle_id
order by p.product_id
